/** The list shows the hosts that match the filter, in the order that was asked for, or says why there is none. */

import { Suspense, useMemo, useState } from "react";
import { Empty } from "../components/notice.tsx";
import { LATER } from "../later.ts";
import { usePlace } from "../state/navigation.ts";
import { parseSort } from "../state/place.ts";
import { useLoaded } from "../state/replica-hooks.ts";
import { HOST_COLUMNS, keepOrder } from "./found/host-order.ts";
import { useShownHosts } from "./found/use-shown-hosts.tsx";
import { HostTable } from "./table/host-table.tsx";
import { OrderNote } from "./table/order-note.tsx";

interface HostListProps {
  /** Somebody wants to run something on this one host. Null means that this user may not. */
  readonly onRun: ((id: string) => void) | null;
}

export function HostList({ onRun }: HostListProps) {
  const filter = usePlace((place) => place.filter);
  const sort = usePlace((place) => place.sort);
  const layout = usePlace((place) => place.layout);
  const query = useMemo(() => ({ filter, sort: parseSort(sort, HOST_COLUMNS) }), [filter, sort]);
  const { ids } = useShownHosts(query);
  const { shown, waits, hold, release } = useHeldOrder(ids, query);
  if (ids.length === 0) return <NoHosts filtered={filter !== ""} />;
  const list = { ids: shown, onRun, onHeld: hold, onTakeOrder: release };
  return (
    <>
      {waits && <OrderNote onTake={release} />}
      {layout === "grid" ? (
        <Suspense fallback={null}>
          <LATER.HostGrid {...list} />
        </Suspense>
      ) : (
        <HostTable {...list} />
      )}
    </>
  );
}

/**
 * While somebody points at a row, or has the keyboard's focus in one, the rows stay where they are. `waits` is true when they would be in
 * another order. `release` takes that order, and holds it then.
 */
function useHeldOrder(ids: readonly string[], query: object) {
  const [isHeld, hold] = useState(false);
  const [held, setHeld] = useState<{ readonly ids: readonly string[]; readonly query: object } | null>(null);
  if (isHeld && held?.query !== query) setHeld({ ids, query });
  if (!isHeld && held !== null) setHeld(null);
  const before = isHeld && held?.query === query ? held.ids : null;
  const shown = useMemo(() => (before === null ? ids : keepOrder(ids, before)), [ids, before]);
  const waits = shown !== ids && shown.some((id, index) => id !== ids[index]);
  return { shown, waits, hold, release: () => setHeld(isHeld ? { ids, query } : null) };
}

function NoHosts({ filtered }: { readonly filtered: boolean }) {
  const loaded = useLoaded();
  if (!loaded) return <Empty title="Waiting for the first state" />;
  if (filtered)
    return (
      <Empty title="No host matches the filter">Every word has to match. Press Escape in the field to clear it.</Empty>
    );
  return <Empty title="No hosts yet">Run the line of "Add hosts" on a machine, and it appears here by itself.</Empty>;
}
