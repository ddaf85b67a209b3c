import type { ArgSpec, Command, Host, PipelineOffer } from "@neverstale/fleet-domain";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { Button, Checkbox } from "react-aria-components";
import { Choice, type OptionGroup } from "../components/choice.tsx";
import { Icon } from "../components/icon.tsx";
import { Notice } from "../components/notice.tsx";
import { count } from "../state/format.ts";
import { useOld } from "../state/old.ts";
import { ArgField } from "./arg-field.tsx";
import {
  argDefault,
  chosenSummary,
  hiddenWords,
  type OpChoice,
  opChoices,
  opTitle,
  planOp,
  planPipeline,
  type RunPlan,
  readArgs,
} from "./dispatch-plan.ts";
import { newKey, type RunRequest } from "./dispatch-request.ts";
import { type StartedRun, startedWords } from "./started-words.ts";

/** What came of a request, in the words of the bar. */
export type RunOutcome =
  | {
      readonly kind: "started";
      readonly started: StartedRun;
      /** What was not started, and why; empty when all was. */
      readonly sentence: string;
    }
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
  /** Those of them that the filter hides. */
  readonly hidden: readonly Host[];
  readonly onDropHidden: () => void;
  /** What the live state says of a command. */
  readonly commandOf: (id: string) => Command | undefined;
  readonly pipelines: readonly PipelineOffer[];
  /** `key` is that of the attempt: the same one again repeats it. */
  readonly onRun: (request: RunRequest, key: string) => Promise<RunOutcome>;
  readonly onClear: () => void;
  /** Another number than before: somebody asked for this bar and wants to choose now. */
  readonly asked: number;
}

/** Starts work on the selected hosts, and says before the button is pressed what will happen. */
export function RunBar({ hosts, hidden, onDropHidden, commandOf, pipelines, onRun, onClear, asked }: RunBarProps) {
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
      void attempt(
        { op: op.offer.name, title: opTitle(op.offer), hosts: plan.hosts, args, wait: wait && busy },
        newKey(),
      );
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
        <Hidden hidden={hidden} onDrop={onDropHidden} />
        {attempted === null ? (
          plan !== null && <Plan plan={plan} />
        ) : (
          <Outcome
            outcome={attempted.outcome}
            commandOf={commandOf}
            onRepeat={() => attempt(attempted.request, attempted.key)}
            onOver={() => setAttempted((now) => (now === attempted ? null : now))}
          />
        )}
      </div>
    </form>
  );
}

/** How long it says what came of a run once all of it has ended. */
const END_SHOWN_MS = 8_000;

interface StartedNoticeProps {
  readonly outcome: Extract<RunOutcome, { kind: "started" }>;
  readonly commandOf: (id: string) => Command | undefined;
  readonly onOver: () => void;
}

/** Says what is true of it now, and goes some time after its end. */
function StartedNotice({ outcome, commandOf, onOver }: StartedNoticeProps) {
  const { tone, shape, sentence, ended } = startedWords(outcome.started, commandOf);
  const over = useRef(onOver);
  useEffect(() => {
    over.current = onOver;
  });
  const goes = ended && outcome.sentence === ""; // Why something was not started is to be read at leisure.
  useEffect(() => {
    if (!goes) return;
    const timer = setTimeout(() => over.current(), END_SHOWN_MS);
    return () => clearTimeout(timer);
  }, [goes]);
  return (
    <Notice tone={tone} shape={shape}>
      {sentence} {outcome.sentence}
    </Notice>
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
  const what = op === null ? (pipeline?.name ?? "") : opTitle(op.offer);
  return `Run ${what} on ${count(plan.hosts.length, "host")}`;
}

function Hidden({ hidden, onDrop }: { readonly hidden: readonly Host[]; readonly onDrop: () => void }) {
  const words = hiddenWords(hidden);
  if (words === null) return null;
  return (
    <Notice tone="warn" shape="triangle">
      {words}{" "}
      <Button className="button button-small" onPress={onDrop}>
        Deselect what is hidden
      </Button>
    </Notice>
  );
}

function Plan({ plan }: { readonly plan: RunPlan }) {
  const old = useOld();
  return (
    <>
      {old && "This page is not live: the hosts may be otherwise by now, and the server decides by what they are. "}
      {plan.sentences.join(" ")}
    </>
  );
}

interface OutcomeProps {
  readonly outcome: RunOutcome;
  readonly commandOf: (id: string) => Command | undefined;
  readonly onRepeat: () => void;
  /** What there was to say has been said for a while. */
  readonly onOver: () => void;
}

function Outcome({ outcome, commandOf, onRepeat, onOver }: OutcomeProps) {
  switch (outcome.kind) {
    case "started":
      return <StartedNotice outcome={outcome} commandOf={commandOf} onOver={onOver} />;
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
