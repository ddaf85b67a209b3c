/** The list shows the hosts that match the filter, in the order that was asked for, or says why there is none. */

import { useMemo, useState } from "react";
import { Empty } from "../components/notice.tsx";
import { usePlace } from "../state/navigation.ts";
import { sameIds } from "../state/record-lists.ts";
import { useLoaded, useSelection } from "../state/replica-hooks.ts";
import { HostTable } from "./host-table.tsx";
import { selectShownHosts } from "./shown-hosts.ts";

interface HostListProps {
  /** Somebody wants to run something on this one host. Null means that this user may not. */
  readonly onRun: ((id: string) => void) | null;
}

export function HostList({ onRun }: HostListProps) {
  const filter = usePlace((place) => place.filter);
  const sort = usePlace((place) => place.sort);
  const [held, setHeld] = useState<readonly string[] | null>(null);
  const select = useMemo(() => selectShownHosts({ filter, sort }, held), [filter, sort, held]);
  const ids = useSelection(select, sameIds);
  if (ids.length === 0) return <NoHosts filtered={filter !== ""} />;
  return <HostTable ids={ids} onRun={onRun} onPointedAt={(pointed) => setHeld(pointed ? ids : null)} />;
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
