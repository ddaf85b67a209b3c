/** The ops and pipelines that can be chosen are put in groups here, with what there is to know of each. */

import type { Fleet, PipelineRule, Role } from "@neverstale/fleet-domain";
import { isDangerousOp, isDangerousPipeline } from "@neverstale/fleet-domain/schema-free";
import type { OptionGroup } from "../../components/choice.tsx";
import { howMany } from "../../state/format.ts";
import { type OpChoice, opTitle } from "../dispatch-plan.ts";
import { selectKeptOps, selectOfferedPipelines } from "../offered.ts";

/** `kept` are the names of ops that are kept for other roles. */
export function selectChoices(role: Role): (fleet: Fleet) => RunChoices {
  const [keptOf, pipelinesOf] = [selectKeptOps(role), selectOfferedPipelines(role)];
  return (fleet) => ({ kept: keptOf(fleet), pipelines: pipelinesOf(fleet) });
}

export interface RunChoices {
  readonly kept: readonly string[];
  readonly pipelines: readonly PipelineRule[];
}

/** Ops stand in the groups that the catalogue gives them. Those without one come first. */
export function whatChoices(
  fleet: Pick<Fleet, "opRules" | "pipelineRules">,
  ops: readonly OpChoice[],
  pipelines: readonly PipelineRule[],
  hostCount: number,
): readonly OptionGroup[] {
  const groups = Map.groupBy(ops, ({ offer }) => fleet.opRules.get(offer.name)?.group ?? "");
  const named = [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    ...named.map(([group, choices]) => ({
      title: group === "" ? "Ops" : group,
      options: choices.map((choice) => ({
        id: `op:${choice.offer.name}`,
        word: opTitle(choice.offer),
        note: notesOf(
          isDangerousOp(fleet, choice.offer.name),
          choice.allowedOn.length < hostCount
            ? `allowed on ${choice.allowedOn.length} of ${howMany(hostCount, "host")}`
            : "",
        ),
      })),
    })),
    {
      title: "Pipelines",
      options: pipelines.map((rule) => ({
        id: `pipeline:${rule.id}`,
        word: rule.title ?? rule.id,
        note: notesOf(isDangerousPipeline(fleet, { name: rule.id, stages: rule.stages }), rule.stages.join(" → ")),
      })),
    },
  ].filter(({ options }) => options.length > 0);
}

function notesOf(isDangerous: boolean, note: string): string | undefined {
  const notes = [...(isDangerous ? ["dangerous"] : []), ...(note === "" ? [] : [note])];
  return notes.length === 0 ? undefined : notes.join(" · ");
}

/** `Run Free space on 3 hosts` */
export function buttonWords(op: OpChoice | null, pipeline: PipelineRule | null, hosts: number): string {
  if (op === null && pipeline === null) return "Run";
  const what = op === null ? (pipeline?.title ?? pipeline?.id ?? "") : opTitle(op.offer);
  return `Run ${what} on ${howMany(hosts, "host")}`;
}
