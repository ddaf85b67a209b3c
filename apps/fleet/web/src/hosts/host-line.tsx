/** This is one row of the hosts table. It is drawn again only when its own records are other ones. */

import type { Host } from "@neverstale/fleet-domain";
import { callsItself, hostStatus, labelOf } from "@neverstale/fleet-domain/schema-free";
import { type MouseEvent, memo } from "react";
import { Meter } from "../components/meter.tsx";
import { PlaceLink } from "../components/place-link.tsx";
import { CpuTrail } from "../components/sparkline.tsx";
import { Status } from "../components/status.tsx";
import { Ago } from "../components/time.tsx";
import { decimal } from "../state/format.ts";
import { usePlace } from "../state/navigation.ts";
import { useRecord } from "../state/replica-hooks.ts";
import { useIsChosen } from "./chosen-hosts.ts";
import { HOST_LOOKS } from "./host-status.ts";
import { TagList } from "./tag-list.tsx";

interface HostLineProps {
  readonly id: string;
  readonly index: number;
  readonly onToggle: (id: string, event: MouseEvent) => void;
  /** Null means that this user may not run anything. */
  readonly onRun: ((id: string) => void) | null;
}

export const HostLine = memo(function HostLine({ id, index, onToggle, onRun }: HostLineProps) {
  const host = useRecord("hosts", id);
  const chosen = useIsChosen(id);
  const open = usePlace((place) => place.screen === "hosts" && place.open === id);
  if (host === undefined) return null;
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
            onClick={(event) => onToggle(id, event)}
            readOnly
          />
        </label>
      </td>
      <th scope="row" className="cell-host">
        <PlaceLink className="row-link foreign" to={(place) => ({ ...place, screen: "hosts", open: open ? null : id })}>
          {labelOf(host)}
        </PlaceLink>
        <span className="under foreign">
          <OwnName host={host} />
          {host.os} · {host.arch}
        </span>
      </th>
      <td className="cell-status value">
        <Status look={HOST_LOOKS[status]} passing />
      </td>
      <Readings id={id} />
      <td className="cell-tags">
        <TagList tags={host.tags} />
      </td>
      <td className="cell-run">
        {onRun !== null && (
          <button type="button" className="button button-small" onClick={() => onRun(id)}>
            Run…<span className="visually-hidden"> on {labelOf(host)}</span>
          </button>
        )}
      </td>
    </tr>
  );
});

/** Heartbeats alter these cells alone. */
const Readings = memo(function Readings({ id }: { readonly id: string }) {
  const metrics = useRecord("metrics", id);
  return (
    <>
      <td className="cell-cpu" data-word="CPU">
        <CpuTrail value={metrics?.cpu} hostId={id} />
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
    </>
  );
});

/** It shows what the machine calls itself, where that is something else: anybody may call a machine anything. */
function OwnName({ host }: { readonly host: Host }) {
  const own = callsItself(host);
  return own === null ? null : <>calls itself {own} · </>;
}
