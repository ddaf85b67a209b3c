/** The runs screen shows what runs and what ran: the commands that the live state holds, newest first. */

import type { Fleet } from "@neverstale/fleet-domain";
import { isFinal, labelOf } from "@neverstale/fleet-domain/schema-free";
import { memo, useMemo } from "react";
import { Empty } from "../components/notice.tsx";
import { PlaceFilter } from "../components/place-filter.tsx";
import { OutputLink } from "../components/place-link.tsx";
import { Status } from "../components/status.tsx";
import { ClockTime, Elapsed } from "../components/time.tsx";
import { bytes, howMany, NONE } from "../state/format.ts";
import { usePlace } from "../state/navigation.ts";
import { sameIds } from "../state/record-lists.ts";
import { useLoaded, useRecord, useSelection } from "../state/replica-hooks.ts";
import { commandLook } from "./command-look.ts";
import { opTitleOf } from "./op-title.ts";
import { argWords, reasonWords } from "./run-words.ts";
import { selectShownRuns } from "./shown-runs.ts";

export function RunsScreen() {
  return (
    <section className="screen" aria-labelledby="runs-title">
      <header className="screen-head">
        <h1 id="runs-title">Runs</h1>
        <Summary />
        <PlaceFilter label="Filter runs" placeholder="Filter: op, host, status, who" />
      </header>
      <RunList />
    </section>
  );
}

function Summary() {
  const { all, running } = useSelection(runCounts);
  return (
    <p className="screen-summary value">
      {howMany(all, "run")}
      {running > 0 && ` · ${running} running`}
    </p>
  );
}

function runCounts(fleet: Fleet) {
  const commands = [...fleet.commands.values()];
  return { all: commands.length, running: commands.filter((command) => command.status === "running").length };
}

function RunList() {
  const filter = usePlace((place) => place.filter);
  const ids = useSelection(
    useMemo(() => selectShownRuns(filter), [filter]),
    sameIds,
  );
  const loaded = useLoaded();
  if (ids.length === 0) return <Empty title={emptyTitle(loaded, filter)}>Select a host and choose what to run.</Empty>;
  return (
    <div className="table-scroll">
      <table className="table runs">
        <thead>
          <tr>
            <th scope="col">Status</th>
            <th scope="col">Op</th>
            <th scope="col">Host</th>
            <th scope="col">Reason</th>
            <th scope="col">By</th>
            <th scope="col" className="is-number">
              Requested
            </th>
            <th scope="col" className="is-number">
              Took
            </th>
            <th scope="col" className="is-number">
              Exit
            </th>
            <th scope="col" className="is-number">
              Output
            </th>
          </tr>
        </thead>
        <tbody>
          {ids.map((id) => (
            <RunLine key={id} id={id} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function emptyTitle(loaded: boolean, filter: string): string {
  if (!loaded) return "Waiting for the first state";
  return filter === "" ? "Nothing has run yet" : "No run matches the filter";
}

const RunLine = memo(function RunLine({ id }: { readonly id: string }) {
  const command = useRecord("commands", id);
  const host = useRecord("hosts", command?.host ?? "");
  const open = usePlace((place) => place.tab === id);
  if (command === undefined) return null;
  return (
    <tr className={open ? "is-open" : ""}>
      <td className="cell-status value">
        <Status look={commandLook(command.status)} passing={!isFinal(command.status)} />
      </td>
      <th scope="row" className="cell-op">
        <OutputLink className="row-link foreign" commandId={id}>
          {opTitleOf(command, host)}
        </OutputLink>
        <span className="under mono foreign">{`${command.op} ${argWords(command.args)}`}</span>
      </th>
      <td className="cell-host-name foreign">{host === undefined ? command.host : labelOf(host)}</td>
      <td className="cell-reason foreign">{reasonWords(command)}</td>
      <td className="cell-by foreign">{command.requestedBy}</td>
      <td className="is-number" data-word="Requested">
        <ClockTime at={command.createdAt} />
      </td>
      <td className="is-number value" data-word="Took">
        <Elapsed from={command.startedAt} to={command.finishedAt} />
      </td>
      <td className="is-number value" data-word="Exit">
        {command.exitCode ?? NONE}
      </td>
      <td className="is-number value" data-word="Output">
        {bytes(command.outputBytes)}
      </td>
    </tr>
  );
});
