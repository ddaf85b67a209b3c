/** Each column of the hosts table shows its value like this. */

import type { Host, Metrics } from "@neverstale/fleet-domain";
import { hostStatus } from "@neverstale/fleet-domain/schema-free";
import { memo, type ReactNode } from "react";
import type { Look } from "../../components/look.ts";
import { Meter } from "../../components/meter.tsx";
import { CpuTrail } from "../../components/sparkline.tsx";
import { Status } from "../../components/status.tsx";
import { Ago } from "../../components/time.tsx";
import { decimal, NONE, span } from "../../state/format.ts";
import { useRecord } from "../../state/replica-hooks.ts";
import { notWell } from "../found/host-order.ts";
import { HOST_LOOKS } from "../host-status.ts";
import { TagList } from "../tag-list.tsx";
import type { ColumnName, TableColumn } from "./host-columns.ts";

interface HostCellProps {
  readonly column: TableColumn;
  readonly host: Host;
}

export const HostCell = memo(function HostCell({ column, host }: HostCellProps) {
  const ofHost = OF_HOST[column.name];
  return ofHost === undefined ? <MeasureCell column={column} id={host.id} /> : <Cell {...column}>{ofHost(host)}</Cell>;
});

/** Heartbeats alter these cells alone. */
const MeasureCell = memo(function MeasureCell({ column, id }: { readonly column: TableColumn; readonly id: string }) {
  const metrics = useRecord("metrics", id);
  return <Cell {...column}>{OF_METRICS[column.name]?.(metrics, id)}</Cell>;
});

function Cell({ name, word, cell, align, children }: TableColumn & { readonly children: ReactNode }) {
  const className = `cell-${cell}${align === "end" ? " is-number" : ""}${GREYS[name] ?? " value"}`;
  return (
    <td className={className} data-word={word}>
      {children}
    </td>
  );
}

/** Values turn grey while they may be old. A meter does so by itself, and a tag is no value. */
const GREYS: Partial<Record<ColumnName, string>> = { cpu: "", ram: "", swap: "", disk: "", tags: "" };

const OF_HOST: Partial<Record<ColumnName, (host: Host) => ReactNode>> = {
  status: (host) => <Status look={HOST_LOOKS[hostStatus(host)]} passing />,
  checks: (host) => <Status look={checksLook(host)} passing />,
  os: ({ os }) => <span className="foreign">{os}</span>,
  version: ({ agentVersion }) => <span className="foreign">{agentVersion}</span>,
  location: ({ location }) => <span className="foreign">{location ?? NONE}</span>,
  tags: ({ tags }) => <TagList tags={tags} />,
};

const OF_METRICS: Partial<Record<ColumnName, (metrics: Metrics | undefined, id: string) => ReactNode>> = {
  cpu: (metrics, id) => <CpuTrail hostId={id} metrics={metrics} />,
  ram: (metrics) => <Meter label="memory" value={metrics?.ram} />,
  swap: (metrics) => <Meter label="swap" value={metrics?.swap} />,
  disk: (metrics) => <Meter label="disk" value={metrics?.disk} />,
  load: (metrics) => decimal(metrics?.load1),
  seen: (metrics) => <Ago at={metrics?.lastSeenAt} />,
  up: (metrics) => (metrics?.uptimeS === undefined ? NONE : span(metrics.uptimeS * 1_000)),
};

function checksLook(host: Host): Look {
  const bad = notWell(host);
  if (Object.keys(host.checks).length === 0) return { word: "None", shape: "ring", tone: "quiet" };
  if (bad === 0) return { word: "All well", shape: "check", tone: "good" };
  return { word: `${bad} not well`, shape: "triangle", tone: "warn" };
}
