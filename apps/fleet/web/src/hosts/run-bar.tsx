import type { ArgSpec, Args, Host } from "@neverstale/fleet-domain";
import { type FormEvent, useState } from "react";
import { Button, Checkbox } from "react-aria-components";
import { Choice, type OptionGroup } from "../components/choice.tsx";
import { Icon } from "../components/icon.tsx";
import { Notice } from "../components/notice.tsx";
import { count } from "../state/format.ts";
import { ArgField } from "./arg-field.tsx";
import { chosenSummary, type OpChoice, opChoices, opTitle, planOp, planPipeline, type RunPlan } from "./run-plan.ts";

/** What came of a request, in the words of the bar. */
export type RunOutcome =
  | { readonly kind: "started"; readonly sentence: string }
  | { readonly kind: "refused"; readonly sentence: string }
  /** No answer came: whether it had an effect is not known; `repeat` asks again and starts nothing twice. */
  | { readonly kind: "unknown"; readonly sentence: string; readonly repeat: () => Promise<RunOutcome> };

export interface PipelineOffer {
  readonly name: string;
  readonly stages: readonly string[];
}

export interface RunBarProps {
  /** The hosts that are selected; at least one. */
  readonly hosts: readonly Host[];
  readonly pipelines: readonly PipelineOffer[];
  readonly onRunOp: (op: string, hosts: readonly string[], args: Args, wait: boolean) => Promise<RunOutcome>;
  readonly onRunPipeline: (pipeline: string, hosts: readonly string[]) => Promise<RunOutcome>;
  readonly onClear: () => void;
}

/** Starts work on the selected hosts, and says before the button is pressed what will happen. */
export function RunBar({ hosts, pipelines, onRunOp, onRunPipeline, onClear }: RunBarProps) {
  const [picked, setPicked] = useState<string | null>(null);
  const [wait, setWait] = useState(false);
  const [running, setRunning] = useState(false);
  const [outcome, setOutcome] = useState<RunOutcome | null>(null);
  const ops = opChoices(hosts);
  const op = ops.find((choice) => picked === `op:${choice.offer.name}`) ?? null;
  const pipeline = pipelines.find((offer) => picked === `pipeline:${offer.name}`) ?? null;
  const plan = op !== null ? planOp(hosts, op, wait) : pipeline !== null ? planPipeline(hosts) : null;
  const busy = hosts.some((host) => host.runningCommand !== undefined);

  const attempt = async (request: () => Promise<RunOutcome>) => {
    setRunning(true);
    setOutcome(null);
    try {
      setOutcome(await request());
    } finally {
      setRunning(false);
    }
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (running || plan === null) return;
    if (op !== null) {
      const args = readArgs(op.offer.args, new FormData(event.currentTarget));
      void attempt(() => onRunOp(op.offer.name, plan.hosts, args, wait));
    } else if (pipeline !== null) {
      void attempt(() => onRunPipeline(pipeline.name, plan.hosts));
    }
  };

  return (
    <form className="run-bar" aria-label="Run on the selected hosts" onSubmit={submit}>
      <p className="run-summary value" role="status">
        {chosenSummary(hosts)}
      </p>
      <div className="run-fields">
        <Choice
          label="What to run"
          placeholder="Choose an op or a pipeline"
          groups={optionGroups(ops, pipelines, hosts.length)}
          value={picked}
          onChoose={(id) => {
            setPicked(id);
            setOutcome(null);
          }}
          above
        />
        {op?.offer.args.map((spec) => (
          <ArgField key={`${op.offer.name}/${spec.name}`} spec={spec} />
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
        {outcome === null ? plan?.sentences.join(" ") : <Outcome outcome={outcome} onRepeat={attempt} />}
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

/** What the form's fields hold, typed as the op asks for it. An empty field is left to the op's default. */
export function readArgs(specs: readonly ArgSpec[], form: FormData): Args {
  const args: Record<string, string | number> = {};
  for (const spec of specs) {
    const text = form.get(`arg:${spec.name}`);
    if (typeof text !== "string" || text === "") continue;
    args[spec.name] = spec.type === "integer" ? Number(text) : text;
  }
  return args;
}

interface OutcomeProps {
  readonly outcome: RunOutcome;
  readonly onRepeat: (request: () => Promise<RunOutcome>) => void;
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
          <Button className="button button-small" onPress={() => onRepeat(outcome.repeat)}>
            Ask again
          </Button>
        </Notice>
      );
  }
}
