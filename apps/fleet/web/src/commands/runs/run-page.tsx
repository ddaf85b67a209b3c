/** The page of a run shows what one dispatch has started: how far it is, how it ended on each host, and what is left of it. */

import type { Command, CommandStatus, Fleet } from "@neverstale/fleet-domain";
import { isFinal, labelOf } from "@neverstale/fleet-domain/schema-free";
import { useMemo, useState } from "react";
import { Button } from "react-aria-components";
import { Empty, Notice } from "../../components/notice.tsx";
import { OutputLink, PlaceLink } from "../../components/place-link.tsx";
import { Status } from "../../components/status.tsx";
import { ClockTime, Elapsed } from "../../components/time.tsx";
import { bytes, howMany, NONE } from "../../state/format.ts";
import { useMayAct } from "../../state/may-act.ts";
import { useNavigation } from "../../state/navigation.ts";
import { goTo } from "../../state/place.ts";
import { useRecord, useSelection } from "../../state/replica-hooks.ts";
import { commandLook } from "../command-look.ts";
import { DispatchOutcomeNotice } from "../dispatch-notice.tsx";
import { ChangedNotice } from "../guard/guard-notices.tsx";
import { useGuardedRun } from "../guard/io/guarded-run.ts";
import { useCancel } from "../io/cancel.ts";
import { opTitleOf } from "../op-title.ts";
import { argWords, reasonWords } from "../run-words.ts";
import { SafeguardSheet } from "../safeguard-sheet.tsx";
import { argsOfRun, byStatus, countWords, lastTries, leftOfRun, runSummaryOf } from "./run-summary.ts";
import { useWholeRun } from "./whole-run.ts";

export function RunPage({ id }: { readonly id: string }) {
  const key = useMemo(() => ({ run: id }), [id]);
  const { commands, reading, problem } = useWholeRun(key);
  const title = useRunTitle(commands);
  const [first] = commands;
  return (
    <section className="screen" aria-labelledby="run-title">
      <header className="screen-head">
        <p>
          <PlaceLink className="row-link" to={(place) => goTo(place, "runs")}>
            Runs
          </PlaceLink>
        </p>
        <h1 id="run-title" className="foreign">
          {first === undefined ? "Run" : title}
        </h1>
        {first !== undefined && <Facts commands={commands} first={first} />}
      </header>
      <div className="run-page">
        {problem !== null && (
          <Notice tone="warn" shape="triangle">
            {problem}
          </Notice>
        )}
        {first === undefined && (
          <Empty title={reading ? "Reading what is known of it" : `There is no run ${id}`}>
            {reading ? "" : "The address may be wrong, or the history does not reach back so far."}
          </Empty>
        )}
        {first !== undefined && <Actions id={id} commands={commands} title={title} />}
        {byStatus(commands).map(([status, all]) => (
          <StatusGroup key={status} status={status} commands={all} />
        ))}
      </div>
    </section>
  );
}

function useRunTitle(commands: readonly Command[]): string {
  const [first] = commands;
  const host = useRecord("hosts", first?.host ?? "");
  return first === undefined ? "" : opTitleOf(first, host);
}

function Facts({ commands, first }: { readonly commands: readonly Command[]; readonly first: Command }) {
  const { look, counts, hosts, done, createdAt, finishedAt } = runSummaryOf(commands);
  return (
    <div className="run-facts">
      <p className="screen-summary value">
        <Status look={look} strong passing={done < hosts} /> {countWords(counts)}
      </p>
      <progress className="run-progress" max={hosts} value={done} aria-label="Hosts that are done" />
      <p className="card-facts">
        <span className="mono foreign">{`${first.op} ${argWords(first.args)}`}</span> · {done} of{" "}
        {howMany(hosts, "host")} done · started by <span className="foreign">{first.requestedBy}</span> at{" "}
        <ClockTime at={createdAt} /> · <Elapsed from={createdAt} to={finishedAt} />
      </p>
    </div>
  );
}

interface ActionsProps {
  readonly id: string;
  readonly title: string;
  readonly commands: readonly Command[];
}

/** It stops what is under way, and offers to run exactly what is left. */
function Actions({ id, title, commands }: ActionsProps) {
  const navigation = useNavigation();
  const { may, why } = useMayAct();
  const cancel = useCancel();
  const run = useGuardedRun("you opened this", ({ runId }) => {
    if (runId !== null) navigation.go(goTo(navigation.place, "runs", runId));
  });
  const open = lastTries(commands).filter(({ status }) => !isFinal(status)).length;
  const { failed, notStarted } = useMemo(() => leftOfRun(commands), [commands]);
  const args = argsOfRun(commands);
  const [first] = commands;
  const gone = useSelection(
    useMemo(
      () => (fleet: Fleet) => [...failed, ...notStarted].filter((host) => !fleet.hosts.has(host)).length,
      [failed, notStarted],
    ),
  );
  const again = (hosts: readonly string[]) => {
    if (first !== undefined && args !== null) run.begin({ op: first.op, title, hosts, args, wait: false });
  };
  const isLeft = open === 0 && failed.length + notStarted.length > 0;
  return (
    <>
      {run.dangerous !== null && (
        <SafeguardSheet title={title} onConfirm={run.confirm} onCancel={() => run.confirm(null)} />
      )}
      <div className="run-actions">
        {open > 0 && (
          <Button className="button button-small" isDisabled={!may} onPress={() => cancel("runs", id)}>
            Stop it on {howMany(open, "host")}
          </Button>
        )}
        {isLeft && args !== null && failed.length > 0 && (
          <Button
            className="button button-small"
            isDisabled={!may}
            isPending={run.running}
            onPress={() => again(failed)}
          >
            Retry {howMany(failed.length, "host")} that failed
          </Button>
        )}
        {isLeft && args !== null && notStarted.length > 0 && (
          <Button
            className="button button-small"
            isDisabled={!may}
            isPending={run.running}
            onPress={() => again([...failed, ...notStarted])}
          >
            {failed.length > 0
              ? `Retry these and ${notStarted.length} not started`
              : `Run on ${howMany(notStarted.length, "host")} not started`}
          </Button>
        )}
      </div>
      {isLeft && args === null && (
        <p className="quiet">Its hosts had different arguments, so it is run again from the hosts.</p>
      )}
      {isLeft && gone > 0 && <p className="quiet">{howMany(gone, "host")} of these left the fleet meanwhile.</p>}
      {why !== null && (open > 0 || isLeft) && <p className="quiet">{why}</p>}
      <ChangedNotice run={run} disabled={!may} />
      {run.attempted !== null && run.attempted.outcome.kind !== "started" && (
        <DispatchOutcomeNotice
          outcome={run.attempted.outcome}
          onRepeat={() => run.attempted !== null && run.repeat(run.attempted)}
          onOver={() => run.forget()}
        />
      )}
    </>
  );
}

/** So many hosts of one status are shown before somebody asks for more. */
const SHOWN_AT_FIRST = 50;

interface StatusGroupProps {
  readonly status: CommandStatus;
  readonly commands: readonly Command[];
}

function StatusGroup({ status, commands }: StatusGroupProps) {
  const [shown, setShown] = useState(SHOWN_AT_FIRST);
  const rest = commands.length - shown;
  const { word } = commandLook(status);
  return (
    <section aria-label={`${word}: ${howMany(commands.length, "host")}`}>
      <table className="table runs run-hosts">
        <caption className="run-caption value">
          <Status look={commandLook(status)} passing={!isFinal(status)} /> {howMany(commands.length, "host")}
        </caption>
        <thead>
          <tr>
            <th scope="col">Host</th>
            <th scope="col">Reason</th>
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
          {commands.slice(0, shown).map((command) => (
            <HostOfRun key={command.id} command={command} />
          ))}
        </tbody>
      </table>
      {rest > 0 && (
        <Button className="button button-small" onPress={() => setShown(shown + 10 * SHOWN_AT_FIRST)}>
          Show more of {howMany(rest, "other")}
        </Button>
      )}
    </section>
  );
}

function HostOfRun({ command }: { readonly command: Command }) {
  const host = useRecord("hosts", command.host);
  return (
    <tr>
      <th scope="row" className="cell-op">
        <PlaceLink className="row-link foreign" to={(place) => goTo(place, "hosts", command.host)}>
          {host === undefined ? command.host : labelOf(host)}
        </PlaceLink>
      </th>
      <td className="cell-reason foreign">{reasonWords(command)}</td>
      <td className="is-number value" data-word="Took">
        <Elapsed from={command.startedAt} to={command.finishedAt} />
      </td>
      <td className="is-number value" data-word="Exit">
        {command.exitCode ?? NONE}
      </td>
      <td className="is-number value" data-word="Output">
        <OutputLink className="row-link" commandId={command.id}>
          {bytes(command.outputBytes)}
          <span className="visually-hidden"> of {host === undefined ? command.host : labelOf(host)}</span>
        </OutputLink>
      </td>
    </tr>
  );
}
