/** This is one row of the hosts table. It is drawn again only when its own records are other ones. */

import type { Host } from "@neverstale/fleet-domain";
import { callsItself, hostStatus, labelOf } from "@neverstale/fleet-domain/schema-free";
import { type MouseEvent, memo } from "react";
import { Mark } from "../../components/mark.tsx";
import { PlaceLink } from "../../components/place-link.tsx";
import { AS_OF } from "../../state/as-of.ts";
import { usePlace } from "../../state/navigation.ts";
import { useRecord } from "../../state/replica-hooks.ts";
import { useIsChosen } from "../chosen-hosts.ts";
import { clockDoubt } from "../host-clock.ts";
import { HostCell } from "./host-cells.tsx";
import type { TableColumn } from "./host-columns.ts";

interface HostLineProps {
  readonly id: string;
  readonly index: number;
  readonly columns: readonly TableColumn[];
  /** It is told of the row's element where rows have different heights. */
  readonly measure: ((row: HTMLTableRowElement | null) => void) | null;
  readonly onToggle: (id: string, event: MouseEvent) => void;
  /** Null means that this user may not run anything. */
  readonly onRun: ((id: string) => void) | null;
}

export const HostLine = memo(function HostLine({ id, index, columns, measure, onToggle, onRun }: HostLineProps) {
  const host = useRecord("hosts", id);
  const chosen = useIsChosen(id);
  const open = usePlace((place) => place.screen === "hosts" && place.open === id);
  if (host === undefined) return null;
  const className = [
    ...[chosen ? "is-chosen" : "", open ? "is-open" : "", hostStatus(host) === "offline" ? "is-offline" : ""],
  ].join(" ");
  return (
    <tr
      ref={measure}
      data-index={index}
      className={className}
      aria-rowindex={index + 2}
      {...(tellsAge(columns) ? AS_OF.reading : {})}
    >
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
        <PlaceLink
          className="row-link foreign"
          to={(place) => ({ ...place, screen: "hosts", open: open ? null : id, beside: !open })}
        >
          {labelOf(host)}
        </PlaceLink>
        <span className="under foreign">
          <OwnName host={host} />
          <ClockDoubt host={host} />
          {host.os} · {host.arch}
        </span>
      </th>
      {columns.map((column) => (
        <HostCell key={column.name} column={column} host={host} />
      ))}
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

/** Without that column, a row is as old as the state. */
function tellsAge(columns: readonly TableColumn[]): boolean {
  return columns.some(({ name }) => name === "seen");
}

function ClockDoubt({ host }: { readonly host: Host }) {
  const doubt = clockDoubt(host);
  if (doubt === null) return null;
  return (
    <span className="doubt">
      <Mark shape="clock" tone="warn" /> {doubt}
    </span>
  );
}

/** It shows what the machine calls itself, where that is something else: anybody may call a machine anything. */
function OwnName({ host }: { readonly host: Host }) {
  const own = callsItself(host);
  return own === null ? null : <>calls itself {own} · </>;
}
