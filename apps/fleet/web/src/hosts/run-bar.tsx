import type { ArgSpec, Host, PipelineOffer } from "@neverstale/fleet-domain";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { Button, Checkbox } from "react-aria-components";
import { Choice, type OptionGroup } from "../components/choice.tsx";
import { Icon } from "../components/icon.tsx";
import { Notice } from "../components/notice.tsx";
import { count } from "../state/format.ts";
import { ArgField } from "./arg-field.tsx";
import { newKey, type RunRequest } from "./run.ts";
import {
  argDefault,
  chosenSummary,
  type OpChoice,
  opChoices,
  opTitle,
  planOp,
  planPipeline,
  type RunPlan,
  readArgs,
} from "./run-plan.ts";

/** What came of a request, in the words of the bar. */
export type RunOutcome =
  | { readonly kind: "started"; readonly sentence: string }
  | { readonly kind: "refused"; readonly sentence: string }
  /** No answer came: whether it had an effect is not known. Asking again starts nothing twice. */
  | { readonly kind: "unknown"; readonly sentence: string };

interface Attempted {
  readonly request: RunRequest;
  readonly key: string;
  readonly outcome: RunOutcome;
}

export interface RunBarProps {
  /** The hosts that are selected; none while the page waits for its state. */
  readonly hosts: readonly Host[];
  readonly pipelines: readonly PipelineOffer[];
  /** `key` is that of the attempt: the same one again repeats it. */
  readonly onRun: (request: RunRequest, key: string) => Promise<RunOutcome>;
  readonly onClear: () => void;
  /** Another number than before: somebody asked for this bar and wants to choose now. */
  readonly asked: number;
}

/** Starts work on the selected hosts, and says before the button is pressed what will happen. */
export function RunBar({ hosts, pipelines, onRun, onClear, asked }: RunBarProps) {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (asked > 0) form.current?.querySelector<HTMLElement>(".choice-button")?.focus();
  }, [asked]);
  const [picked, setPicked] = useState<string | null>(null);
  const [wait, setWait] = useState(false);
  const [texts, setTexts] = useState<Readonly<Record<string, string>>>({});
  const [running, setRunning] = useState(false);
  const [attempted, setAttempted] = useState<Attempted | null>(null);
  const ops = opChoices(hosts);
  const op = ops.find((choice) => picked === `op:${choice.offer.name}`) ?? null;
  const pipeline = pipelines.find((offer) => picked === `pipeline:${offer.name}`) ?? null;
  const plan = op !== null ? planOp(hosts, op, wait) : pipeline !== null ? planPipeline(hosts) : null;
  const busy = hosts.some((host) => host.runningCommand !== undefined);

  const textOf = (name: string) => (spec: ArgSpec) => texts[`${name}/${spec.name}`] ?? argDefault(spec);
  const attempt = async (request: RunRequest, key: string) => {
    setRunning(true);
    setAttempted(null);
    try {
      setAttempted({ request, key, outcome: await onRun(request, key) });
    } finally {
      setRunning(false);
    }
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (running || plan === null) return;
    if (op !== null) {
      const args = readArgs(op.offer.args, textOf(op.offer.name));
      void attempt({ op: op.offer.name, hosts: plan.hosts, args, wait: wait && busy }, newKey());
    } else if (pipeline !== null) {
      void attempt({ pipeline: pipeline.name, hosts: plan.hosts }, newKey());
    }
  };

  return (
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
            setAttempted(null);
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
          isDisabled={plan === null || plan.hosts.length === 0}
          isPending={running}
        >
          {buttonWords(op, pipeline, plan)}
        </Button>
        <Button className="button button-plain" aria-label="Clear the selection" onPress={onClear}>
          <Icon name="close" />
        </Button>
      </div>
      <div className="run-plan" aria-live="polite">
        {attempted === null ? (
          plan?.sentences.join(" ")
        ) : (
          <Outcome outcome={attempted.outcome} onRepeat={() => attempt(attempted.request, attempted.key)} />
        )}
      </div>
    </form>
  );
}

function optionGroups(
  ops: readonly OpChoice[],
  pipelines: readonly PipelineOffer[],
  hostCount: number,
): readonly OptionGroup[] {
  const note = (choice: OpChoice) =>
    choice.allowedOn.length < hostCount
      ? `allowed on ${choice.allowedOn.length} of ${count(hostCount, "host")}`
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
      options: pipelines.map(({ name, stages }) => ({ id: `pipeline:${name}`, word: name, note: stages.join(" → ") })),
    },
  ].filter((group) => group.options.length > 0);
}

function buttonWords(op: OpChoice | null, pipeline: PipelineOffer | null, plan: RunPlan | null): string {
  if (plan === null) return "Run";
  const what = op?.offer.name ?? pipeline?.name ?? "";
  return `Run ${what} on ${count(plan.hosts.length, "host")}`;
}

interface OutcomeProps {
  readonly outcome: RunOutcome;
  readonly onRepeat: () => void;
}

function Outcome({ outcome, onRepeat }: OutcomeProps) {
  switch (outcome.kind) {
    case "started":
      return (
        <Notice tone="good" shape="check">
          {outcome.sentence}
        </Notice>
      );
    case "refused":
      return (
        <Notice tone="bad" shape="cross" role="alert">
          {outcome.sentence}
        </Notice>
      );
    case "unknown":
      return (
        <Notice tone="warn" shape="question" role="alert">
          {outcome.sentence}{" "}
          <Button className="button button-small" onPress={onRepeat}>
            Ask again
          </Button>
        </Notice>
      );
  }
}
