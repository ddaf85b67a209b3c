import type { Host, Metrics } from "@neverstale/fleet-domain";
import { callsItself, labelOf } from "@neverstale/fleet-domain/schema-free";
import { type MouseEvent, memo } from "react";
import { HOST_LOOKS } from "../components/looks.ts";
import { Status } from "../components/mark.tsx";
import { Meter } from "../components/meter.tsx";
import { PercentTrail } from "../components/sparkline.tsx";
import { Ago } from "../components/time.tsx";
import { Link } from "../frame/place-link.tsx";
import { decimal } from "../state/format.ts";
import { useView } from "../state/navigation.ts";
import { hostStatus } from "./host-filter.ts";

interface HostLineProps {
  readonly host: Host;
  readonly metrics: Metrics | undefined;
  readonly index: number;
  readonly chosen: boolean;
  readonly open: boolean;
  readonly onToggle: (id: string, event: MouseEvent) => void;
  /** Null when this user may not run anything. */
  readonly onRun: ((id: string) => void) | null;
}

/** One row. It draws again only when its own records did change. */
export const HostLine = memo(function HostLine({ host, metrics, index, chosen, open, onToggle, onRun }: HostLineProps) {
  const status = hostStatus(host);
  const className = [chosen ? "is-chosen" : "", open ? "is-open" : "", status === "offline" ? "is-offline" : ""].join(
    " ",
  );
  return (
    <tr className={className} aria-rowindex={index + 2}>
      <td className="cell-check">
        <label className="check-target">
          <input
            type="checkbox"
            className="checkbox"
            aria-label={`Select ${labelOf(host)}`}
            checked={chosen}
            onClick={(event) => onToggle(host.id, event)}
            readOnly
          />
        </label>
      </td>
      <th scope="row" className="cell-host">
        <HostLink host={host} open={open} />
        <span className="under foreign">
          <OwnName host={host} />
          {host.os} · {host.arch}
        </span>
      </th>
      <td className="cell-status value">
        <Status look={HOST_LOOKS[status]} passing />
      </td>
      <td className="cell-cpu" data-word="CPU">
        <PercentTrail label="CPU" value={metrics?.cpu} hostId={host.id} />
      </td>
      <td className="cell-memory" data-word="Memory">
        <Meter label="memory" value={metrics?.ram} />
      </td>
      <td className="cell-disk" data-word="Disk">
        <Meter label="disk" value={metrics?.disk} />
      </td>
      <td className="cell-load is-number value" data-word="Load">
        {decimal(metrics?.load1)}
      </td>
      <td className="cell-last-seen is-number value" data-word="Last seen">
        <Ago at={metrics?.lastSeenAt} />
      </td>
      <td className="cell-tags">
        <Tags tags={host.tags} />
      </td>
      <td className="cell-run">
        {onRun !== null && (
          <button type="button" className="button button-small" onClick={() => onRun(host.id)}>
            Run…<span className="visually-hidden"> on {labelOf(host)}</span>
          </button>
        )}
      </td>
    </tr>
  );
});

function HostLink({ host, open }: { readonly host: Host; readonly open: boolean }) {
  const view = useView();
  return (
    <Link className="row-link foreign" to={{ ...view, screen: "hosts", open: open ? null : host.id }}>
      {labelOf(host)}
    </Link>
  );
}

/** What the machine calls itself, where that is something else: anybody may call a machine anything. */
function OwnName({ host }: { readonly host: Host }) {
  const own = callsItself(host);
  return own === null ? null : <>calls itself {own} · </>;
}

export function Tags({ tags }: { readonly tags: readonly string[] }) {
  return (
    <span className="tags">
      {tags.map((tag) => (
        <span key={tag} className="tag foreign">
          {tag}
        </span>
      ))}
    </span>
  );
}
