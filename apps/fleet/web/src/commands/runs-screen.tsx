import type { Command, Host } from "@neverstale/fleet-domain";
import { isFinal, labelIn } from "@neverstale/fleet-domain/schema-free";
import { memo } from "react";
import { FilterField } from "../components/filter-field.tsx";
import { commandLook } from "../components/looks.ts";
import { Status } from "../components/mark.tsx";
import { Empty } from "../components/notice.tsx";
import { Elapsed, Moment } from "../components/time.tsx";
import { Link } from "../frame/place-link.tsx";
import { bytes, count, NONE } from "../state/format.ts";
import { useNavigation, useView } from "../state/navigation.ts";
import { showOutput } from "../state/place.ts";
import { opTitleOf } from "./op-title.ts";
import { argWords, matchesWords, newestFirst, reasonWords } from "./run-words.ts";

export interface RunsScreenProps {
  readonly commands: readonly Command[];
  readonly hosts: ReadonlyMap<string, Host>;
  readonly loaded: boolean;
}

/** What runs and what ran: the commands the live state holds, newest first. */
export function RunsScreen({ commands, hosts, loaded }: RunsScreenProps) {
  const view = useView();
  const navigation = useNavigation();
  const nameOf = (command: Command) => labelIn(hosts, command.host);
  const titleOf = (command: Command) => opTitleOf(command, hosts.get(command.host));
  const shown = newestFirst(commands).filter((command) =>
    matchesWords(command, [nameOf(command), titleOf(command)], view.filter),
  );
  const running = commands.filter((command) => command.status === "running").length;

  return (
    <section className="screen" aria-labelledby="runs-title">
      <header className="screen-head">
        <h1 id="runs-title">Runs</h1>
        <p className="screen-summary value">
          {count(commands.length, "run")}
          {running > 0 && ` · ${running} running`}
        </p>
        <FilterField
          label="Filter runs"
          placeholder="Filter: op, host, status, who"
          value={view.filter}
          onChange={(filter) => navigation.replace({ ...view, filter })}
        />
      </header>
      {shown.length === 0 ? (
        <Empty title={emptyTitle(loaded, view.filter)}>Select a host and choose what to run.</Empty>
      ) : (
        <RunTable commands={shown} nameOf={nameOf} titleOf={titleOf} />
      )}
    </section>
  );
}

function emptyTitle(loaded: boolean, filter: string): string {
  if (!loaded) return "Waiting for the first state";
  return filter === "" ? "Nothing has run yet" : "No run matches the filter";
}

interface RunTableProps {
  readonly commands: readonly Command[];
  readonly nameOf: (command: Command) => string;
  readonly titleOf: (command: Command) => string;
}

function RunTable({ commands, nameOf, titleOf }: RunTableProps) {
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
          {commands.map((command) => (
            <RunLine key={command.id} command={command} hostname={nameOf(command)} title={titleOf(command)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RunLineProps {
  readonly command: Command;
  readonly hostname: string;
  readonly title: string;
}

const RunLine = memo(function RunLine({ command, hostname, title }: RunLineProps) {
  const view = useView();
  return (
    <tr className={view.tab === command.id ? "is-open" : ""}>
      <td className="cell-status value">
        <Status look={commandLook(command.status)} passing={!isFinal(command.status)} />
      </td>
      <th scope="row" className="cell-op">
        <Link className="row-link foreign" to={showOutput(view, [command.id])}>
          {title}
        </Link>
        <span className="under mono foreign">{`${command.op} ${argWords(command.args)}`}</span>
      </th>
      <td className="cell-host-name foreign">{hostname}</td>
      <td className="cell-reason foreign">{reasonWords(command)}</td>
      <td className="cell-by foreign">{command.requestedBy}</td>
      <td className="is-number" data-word="Requested">
        <Moment at={command.createdAt} />
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
