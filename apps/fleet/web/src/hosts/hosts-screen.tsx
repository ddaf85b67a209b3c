import type { Host, Metrics } from "@neverstale/fleet-domain";
import { useMemo, useState } from "react";
import { FilterField } from "../components/filter-field.tsx";
import { Empty } from "../components/notice.tsx";
import { count } from "../state/format.ts";
import { useNavigation, useView } from "../state/navigation.ts";
import { parseSort } from "../state/place.ts";
import { hostStatus, parseHostFilter } from "./host-filter.ts";
import { HOST_COLUMNS, type HostRow, keepOrder, sortHosts } from "./host-order.ts";
import { HostTable } from "./host-table.tsx";

export interface HostsScreenProps {
  readonly hosts: readonly Host[];
  readonly metrics: ReadonlyMap<string, Metrics>;
  readonly chosen: ReadonlySet<string>;
  readonly onChoose: (chosen: ReadonlySet<string>) => void;
  readonly onRun: ((id: string) => void) | null;
  /** The first state is here; before that an empty list means nothing. */
  readonly loaded: boolean;
}

/** Every host with its newest reading, live. */
export function HostsScreen({ hosts, metrics, chosen, onChoose, onRun, loaded }: HostsScreenProps) {
  const view = useView();
  const navigation = useNavigation();
  const [held, setHeld] = useState<readonly string[] | null>(null);
  const rows = useHostRows(hosts, metrics, view.filter, view.sort, held);

  return (
    <section className="screen" aria-labelledby="hosts-title">
      <header className="screen-head">
        <h1 id="hosts-title">Hosts</h1>
        <Summary hosts={hosts} />
        <FilterField
          label="Filter hosts"
          placeholder="Filter: web tag:prod status:offline cpu:>80"
          value={view.filter}
          onChange={(filter) => navigation.replace({ ...view, filter })}
        />
      </header>
      {rows.length > 0 ? (
        <HostTable
          rows={rows}
          chosen={chosen}
          onChoose={onChoose}
          onRun={onRun}
          onPointedAt={(pointed) => setHeld(pointed ? rows.map((row) => row.host.id) : null)}
        />
      ) : (
        <Nothing loaded={loaded} filtered={view.filter !== ""} />
      )}
    </section>
  );
}

function useHostRows(
  hosts: readonly Host[],
  metrics: ReadonlyMap<string, Metrics>,
  filter: string,
  sort: string,
  held: readonly string[] | null,
): readonly HostRow[] {
  const matches = useMemo(() => parseHostFilter(filter), [filter]);
  return useMemo(() => {
    const rows = hosts
      .map((host) => ({ host, metrics: metrics.get(host.id) }))
      .filter((row) => matches(row.host, row.metrics));
    return held === null ? sortHosts(rows, parseSort(sort, HOST_COLUMNS)) : keepOrder(rows, held);
  }, [hosts, metrics, matches, sort, held]);
}

function Summary({ hosts }: { readonly hosts: readonly Host[] }) {
  const offline = hosts.filter((host) => hostStatus(host) === "offline").length;
  const busy = hosts.filter((host) => hostStatus(host) === "busy").length;
  const parts = [
    count(hosts.length, "host"),
    ...(busy > 0 ? [`${busy} busy`] : []),
    ...(offline > 0 ? [`${offline} offline`] : []),
  ];
  return <p className="screen-summary value">{parts.join(" · ")}</p>;
}

function Nothing({ loaded, filtered }: { readonly loaded: boolean; readonly filtered: boolean }) {
  if (!loaded) return <Empty title="Waiting for the first state" />;
  if (filtered)
    return (
      <Empty title="No host matches the filter">Every word has to match. Press Escape in the field to clear it.</Empty>
    );
  return <Empty title="No hosts yet">Start an agent on a machine, and it appears here by itself.</Empty>;
}
