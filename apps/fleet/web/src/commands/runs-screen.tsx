/** The runs screen shows what runs and what ran, the newest first: what the live state holds, and what is read from the history. */

import type { Command, Fleet } from "@neverstale/fleet-domain";
import { isFinal, labelOf } from "@neverstale/fleet-domain/schema-free";
import { memo, useMemo } from "react";
import { Button } from "react-aria-components";
import { Empty } from "../components/notice.tsx";
import { PlaceFilter } from "../components/place-filter.tsx";
import { OutputLink, PlaceLink } from "../components/place-link.tsx";
import { Status } from "../components/status.tsx";
import { ClockTime, Elapsed } from "../components/time.tsx";
import { bytes, howMany, NONE } from "../state/format.ts";
import { useMoment } from "../state/moment-provider.tsx";
import { usePlace } from "../state/navigation.ts";
import { goTo } from "../state/place.ts";
import { sameIds, sameRecords } from "../state/record-lists.ts";
import { useLoaded, useRecord, useSelection } from "../state/replica-hooks.ts";
import { commandLook } from "./command-look.ts";
import { opTitleOf } from "./op-title.ts";
import { argWords, reasonWords } from "./run-words.ts";
import { useOlderRuns } from "./runs/older-runs.ts";
import { RunPage } from "./runs/run-page.tsx";
import { countWords, runSummaryOf } from "./runs/run-summary.ts";
import { selectShownRuns } from "./shown-runs.ts";

export function RunsScreen() {
  const open = usePlace((place) => place.open);
  return open === null ? <AllRuns /> : <RunPage key={open} id={open} />;
}

function AllRuns() {
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

/** Commands that were started together are one run. */
function runCounts(fleet: Fleet) {
  const commands = [...fleet.commands.values()];
  const keyOf = ({ id, runId, pipelineId }: Command) => pipelineId ?? runId ?? id;
  return {
    all: new Set(commands.map(keyOf)).size,
    running: new Set(commands.filter(({ status }) => status === "running").map(keyOf)).size,
  };
}

function RunList() {
  const filter = usePlace((place) => place.filter);
  const ids = useSelection(
    useMemo(() => selectShownRuns(filter), [filter]),
    sameIds,
  );
  const loaded = useLoaded();
  const isPast = useMoment().kind === "past"; // The history would give what came later, too.
  if (ids.length === 0 && (!loaded || filter === ""))
    return <Empty title={emptyTitle(loaded, filter)}>Select a host and choose what to run.</Empty>;
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
          {ids.map((key) => (
            <AnyLine key={key} of={key} />
          ))}
        </tbody>
        {!isPast && <OlderRuns filter={filter} />}
      </table>
    </div>
  );
}

/** `of` is a key of `selectShownRuns`. */
const AnyLine = memo(function AnyLine({ of }: { readonly of: string }) {
  const id = of.slice(2);
  if (of.startsWith("c ")) return <RunLine id={id} />;
  return of.startsWith("r ") ? <GroupLine id={id} kind="run" /> : <GroupLine id={id} kind="pipeline" />;
});

interface GroupLineProps {
  readonly id: string;
  readonly kind: "run" | "pipeline";
}

/** It stands for what was started together. Its page shows each host. */
function GroupLine({ id, kind }: GroupLineProps) {
  const commands = useSelection(
    useMemo(() => selectRun(id, kind), [id, kind]),
    sameRecords,
  );
  const [first] = commands;
  const host = useRecord("hosts", first?.host ?? "");
  const pipeline = useRecord("pipelines", kind === "pipeline" ? id : "");
  if (first === undefined) return null;
  const { look, counts, createdAt, finishedAt, done, outputBytes } = runSummaryOf(commands);
  const hosts = new Set(commands.map((command) => command.host)).size;
  const name = kind === "run" ? opTitleOf(first, host) : (pipeline?.name ?? "A pipeline");
  return (
    <tr>
      <td className="cell-status value">
        <Status look={look} passing={done < commands.length && finishedAt === undefined} />
      </td>
      <th scope="row" className="cell-op">
        <PlaceLink className="row-link foreign" to={(place) => goTo(place, kind === "run" ? "runs" : "pipelines", id)}>
          {name}
        </PlaceLink>
        <span className="under mono foreign">
          {kind === "run" ? `${first.op} ${argWords(first.args)}` : "pipeline"}
        </span>
      </th>
      <td className="cell-host-name">{howMany(hosts, "host")}</td>
      <td className="cell-reason value">{countWords(counts)}</td>
      <td className="cell-by foreign">{first.requestedBy}</td>
      <td className="is-number" data-word="Requested">
        <ClockTime at={createdAt} />
      </td>
      <td className="is-number value" data-word="Took">
        <Elapsed from={createdAt} to={finishedAt} />
      </td>
      <td className="is-number value" data-word="Exit">
        {NONE}
      </td>
      <td className="is-number value" data-word="Output">
        {bytes(outputBytes)}
      </td>
    </tr>
  );
}

function selectRun(id: string, kind: GroupLineProps["kind"]): (fleet: Fleet) => readonly Command[] {
  return ({ commands }) =>
    [...commands.values()].filter((command) => (kind === "run" ? command.runId : command.pipelineId) === id);
}

/** The live state holds the newest runs only. Whoever wants to see more reads on in the history, a page at a time. */
function OlderRuns({ filter }: { readonly filter: string }) {
  const { found, isLast, reading, problem, readOn } = useOlderRuns(filter);
  return (
    <tbody aria-label="Older runs">
      {found.map((command) => (
        <CommandLine key={command.id} command={command} />
      ))}
      <tr>
        <td colSpan={9} className="run-older">
          {problem !== null && <p role="alert">{problem}</p>}
          {isLast ? (
            <span className="quiet">These are all that the history has.</span>
          ) : (
            <Button className="button button-small" isPending={reading} onPress={readOn}>
              Read on in the history
            </Button>
          )}
        </td>
      </tr>
    </tbody>
  );
}

function emptyTitle(loaded: boolean, filter: string): string {
  if (!loaded) return "Waiting for the first state";
  return filter === "" ? "Nothing has run yet" : "No run matches the filter";
}

const RunLine = memo(function RunLine({ id }: { readonly id: string }) {
  const command = useRecord("commands", id);
  return command === undefined ? null : <CommandLine command={command} />;
});

function CommandLine({ command }: { readonly command: Command }) {
  const { id } = command;
  const host = useRecord("hosts", command.host);
  const open = usePlace((place) => place.tab === id);
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
}
