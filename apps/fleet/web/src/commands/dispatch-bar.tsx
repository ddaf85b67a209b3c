/** The bar starts an op or a pipeline on the chosen hosts, and says what will happen before the button is pressed. */

import type { ArgSpec, Host, PipelineRule } from "@neverstale/fleet-domain";
import { type FormEvent, useEffect, useMemo, useRef, useState } from "react";
import { Button, Checkbox } from "react-aria-components";
import { useAccount } from "../accounts/account.ts";
import { Choice, type OptionGroup } from "../components/choice.tsx";
import { Icon } from "../components/icon.tsx";
import { Notice } from "../components/notice.tsx";
import { useChosenHosts, useChosenIds } from "../hosts/chosen-hosts.ts";
import { selectChosenHosts, selectHiddenHosts } from "../hosts/shown-hosts.ts";
import { howMany } from "../state/format.ts";
import { useMayAct } from "../state/may-act.ts";
import { useNavigation, usePlace } from "../state/navigation.ts";
import { goTo, showOutput } from "../state/place.ts";
import { sameIds, sameRecords } from "../state/record-lists.ts";
import { useRecord, useSelection } from "../state/replica-hooks.ts";
import { ArgField } from "./arg-field.tsx";
import { useRunOpener } from "./dialog/run-opener.ts";
import { DispatchOutcomeNotice } from "./dispatch-notice.tsx";
import type { SentDispatch, WantedDispatch } from "./dispatch-outcome.ts";
import {
  argDefault,
  chosenSummary,
  type DispatchPlan,
  hiddenWords,
  type OpChoice,
  opChoices,
  opTitle,
  planOp,
  planPipeline,
  readArgs,
} from "./dispatch-plan.ts";
import { ChangedNotice } from "./guard/guard-notices.tsx";
import { useGuardedRun } from "./guard/io/guarded-run.ts";
import { selectKeptOps, selectOfferedPipelines } from "./offered.ts";
import { SafeguardSheet } from "./safeguard-sheet.tsx";

export interface DispatchBarProps {
  /** It is another number than before when somebody asked for this bar and wants to choose now. */
  readonly asked: number;
}

export function DispatchBar({ asked }: DispatchBarProps) {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (asked > 0) form.current?.querySelector<HTMLElement>(".choice-button")?.focus();
  }, [asked]);
  const { role } = useAccount();
  const pipelines = useSelection(
    useMemo(() => selectOfferedPipelines(role), [role]),
    sameRecords,
  );
  const keptOps = useSelection(
    useMemo(() => selectKeptOps(role), [role]),
    sameIds,
  );
  const chosen = useChosenHosts();
  const ids = useChosenIds();
  const hosts = useSelection(
    useMemo(() => selectChosenHosts(ids), [ids]),
    sameRecords,
  );
  const [picked, setPicked] = useState<string | null>(null);
  const [wait, setWait] = useState(false);
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({});
  const run = useGuardedRun("you chose this", useOpenStarted());
  const { attempted, running, dangerous } = run;
  const { may, why } = useMayAct();
  const opener = useRunOpener();
  const ops = opChoices(hosts).filter(({ offer }) => !keptOps.includes(offer.name));
  const op = ops.find((choice) => picked === `op:${choice.offer.name}`) ?? null;
  const rule = useRecord("opRules", op?.offer.name ?? "");
  const pipeline = pipelines.find((offer) => picked === `pipeline:${offer.id}`) ?? null;
  const plan = op !== null ? planOp(hosts, op, wait, rule) : pipeline !== null ? planPipeline(hosts, pipeline) : null;
  const busy = hosts.some((host) => host.runningCommand !== undefined);

  // Whatever is chosen is chosen on what is shown at that moment.
  const what = op !== null ? op.offer.name : null;
  const pipelineId = pipeline?.id ?? null;
  const { prepare } = run;
  const prepareNow = () => {
    if (what !== null) prepare({ op: what }, plan?.hosts ?? []);
    else if (pipelineId !== null) prepare({ pipeline: pipelineId }, plan?.hosts ?? []);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: another choice is prepared, whatever else is drawn again.
  useEffect(prepareNow, [what, pipelineId, ids]);

  const textOf = (name: string) => (spec: ArgSpec) => texts[`${name}/${spec.name}`] ?? argDefault(spec);
  const requestOf = (on: readonly string[]): WantedDispatch | null => {
    if (op === null) return pipeline === null ? null : { pipeline: pipeline.id, hosts: on };
    const args = readArgs(op.offer.args, textOf(op.offer.name));
    return { op: op.offer.name, title: opTitle(op.offer), hosts: on, args, wait: wait && busy };
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (running || !may || plan === null) return;
    const request = requestOf(plan.hosts);
    if (request === null) return;
    run.begin(request);
  };

  return (
    <>
      {dangerous !== null && (
        <SafeguardSheet
          title={"title" in dangerous ? dangerous.title : dangerous.pipeline}
          onConfirm={run.confirm}
          onCancel={() => run.confirm(null)}
        />
      )}
      <form ref={form} className="run-bar" aria-label="Run on the selected hosts" onSubmit={submit}>
        <div className="run-fields">
          <p className="run-summary value" role="status">
            {chosenSummary(hosts)}
          </p>
          <Choice
            label="What to run"
            placeholder="Choose an op or a pipeline"
            groups={optionGroups(ops, pipelines, hosts.length)}
            value={picked}
            onChoose={(id) => {
              setPicked(id);
              run.forget();
            }}
            above
          />
          {op?.offer.args.map((spec) => (
            <ArgField
              key={`${op.offer.name}/${spec.name}`}
              spec={spec}
              text={textOf(op.offer.name)(spec)}
              onChange={(text) => setTexts({ ...texts, [`${op.offer.name}/${spec.name}`]: text })}
            />
          ))}
          {op !== null && busy && (
            <Checkbox className="check" isSelected={wait} onChange={setWait}>
              <span className="check-box" aria-hidden="true" />
              Wait where busy
            </Checkbox>
          )}
          <Button
            type="submit"
            className="button button-main"
            isDisabled={!may || plan === null || plan.hosts.length === 0}
            isPending={running}
          >
            {buttonWords(op, pipeline, plan)}
          </Button>
          <Button
            className="button"
            onPress={() => opener.open({ where: { kind: "hosts", ids: [...ids] }, what: picked })}
          >
            Details…
          </Button>
          <Button className="button button-plain" aria-label="Clear the selection" onPress={() => chosen.choose([])}>
            <Icon name="close" />
          </Button>
        </div>
        <div className="run-plan" aria-live="polite">
          <Hidden hosts={hosts} />
          <ChangedNotice run={run} disabled={!may} />
          {why !== null && <p>{why}</p>}
          {attempted === null ? (
            plan?.sentences.join(" ")
          ) : (
            <DispatchOutcomeNotice
              outcome={attempted.outcome}
              onRepeat={() => run.repeat(attempted)}
              onOver={() => {
                run.forget(attempted);
                prepareNow();
              }}
            />
          )}
        </div>
      </form>
    </>
  );
}

/** The page opens no more outputs than this for one dispatch. */
const OPENED_AT_ONCE = 4;

/** It opens what was started: the outputs of a few commands, or the pipeline. */
function useOpenStarted(): (sent: SentDispatch) => void {
  const navigation = useNavigation();
  return ({ commandIds, pipelineId }) => {
    const { place } = navigation;
    if (commandIds.length > 0) navigation.go(showOutput(place, commandIds.slice(0, OPENED_AT_ONCE)));
    if (pipelineId !== null) navigation.go(goTo(place, "pipelines", pipelineId));
  };
}

function optionGroups(
  ops: readonly OpChoice[],
  pipelines: readonly PipelineRule[],
  hostCount: number,
): readonly OptionGroup[] {
  const note = (choice: OpChoice) =>
    choice.allowedOn.length < hostCount
      ? `allowed on ${choice.allowedOn.length} of ${howMany(hostCount, "host")}`
      : undefined;
  return [
    {
      title: "Ops",
      options: ops.map((choice) => ({
        id: `op:${choice.offer.name}`,
        word: opTitle(choice.offer),
        note: note(choice),
      })),
    },
    {
      title: "Pipelines",
      options: pipelines.map((rule) => ({
        id: `pipeline:${rule.id}`,
        word: pipelineTitle(rule),
        note: rule.stages.join(" → "),
      })),
    },
  ].filter((group) => group.options.length > 0);
}

function pipelineTitle({ id, title = id }: PipelineRule): string {
  return title;
}

function buttonWords(op: OpChoice | null, pipeline: PipelineRule | null, plan: DispatchPlan | null): string {
  if (plan === null) return "Run";
  const what = op === null ? (pipeline === null ? "" : pipelineTitle(pipeline)) : opTitle(op.offer);
  return `Run ${what} on ${howMany(plan.hosts.length, "host")}`;
}

/** It names the chosen hosts that the filter hides, so that nobody runs something on them without knowing. */
function Hidden({ hosts }: { readonly hosts: readonly Host[] }) {
  const chosen = useChosenHosts();
  const ids = useChosenIds();
  const filter = usePlace((place) => place.filter);
  const hidden = useSelection(
    useMemo(() => selectHiddenHosts(ids, filter), [ids, filter]),
    sameRecords,
  );
  const words = hiddenWords(hidden);
  if (words === null) return null;
  const drop = () => chosen.choose(hosts.filter((host) => !hidden.includes(host)).map(({ id }) => id));
  return (
    <Notice tone="warn" shape="triangle">
      {words}{" "}
      <Button className="button button-small" onPress={drop}>
        Deselect what is hidden
      </Button>
    </Notice>
  );
}
