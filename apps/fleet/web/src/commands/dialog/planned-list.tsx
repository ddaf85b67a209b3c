/** The list says what becomes of a run on each host, the hosts of one fate together. */

import { labelOf } from "@neverstale/fleet-domain/schema-free";
import { Mark, type Shape, type Tone } from "../../components/mark.tsx";
import { howMany } from "../../state/format.ts";
import type { DispatchPlan, PlannedHosts } from "../dispatch-plan.ts";

export function PlannedList({ plan }: { readonly plan: DispatchPlan }) {
  if (plan.groups.length === 0) return <p className="run-plan">{plan.sentences.join(" ")}</p>;
  return (
    <ul className="run-fates" aria-label="What will happen">
      {plan.groups.map((group) => (
        <li key={group.sentence} className="run-fate">
          <Mark {...FATES[group.fate]} />
          <Fate group={group} />
        </li>
      ))}
    </ul>
  );
}

/** So many hosts of one fate are named. */
const MOST_NAMED = 200;

function Fate({ group: { hosts, sentence } }: { readonly group: PlannedHosts }) {
  if (hosts.length === 1) return <span className="foreign">{sentence}</span>;
  const named = hosts.slice(0, MOST_NAMED).map(labelOf).join(", ");
  const rest = hosts.length - MOST_NAMED;
  return (
    <details>
      <summary>{sentence}</summary>
      <span className="foreign">
        {named}
        {rest > 0 && ` and ${howMany(rest, "other")}`}
      </span>
    </details>
  );
}

const FATES: Readonly<Record<PlannedHosts["fate"], { readonly shape: Shape; readonly tone: Tone }>> = {
  runs: { shape: "check", tone: "good" },
  waits: { shape: "clock", tone: "busy" },
  blocked: { shape: "triangle", tone: "warn" },
  left_out: { shape: "skip", tone: "quiet" },
};
