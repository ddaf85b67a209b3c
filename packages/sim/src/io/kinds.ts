/** The kinds of plans that a seed stands for: everything, or one kind of follower in a world of its own. */

import { makePlan } from "../plan/make-plan.ts";
import { makePagesPlan } from "../plan/pages/pages-plan.ts";
import { makeQueuesPlan } from "../plan/pages/queues-plan.ts";
import type { RunPlan } from "../plan/plan.ts";
import { makeViewsPlan } from "../plan/views/views-plan.ts";

/** "pages" are those that mutate, "queues" those that keep what they ask for, and "views" are the followers of views. */
export type PlanKind = "all" | "pages" | "queues" | "views";

const MAKERS = { all: makePlan, pages: makePagesPlan, queues: makeQueuesPlan, views: makeViewsPlan };

/** It returns the kind that the options of a command line name. */
export function kindIn(has: (kind: Exclude<PlanKind, "all">) => boolean): PlanKind {
  return (["views", "queues", "pages"] as const).find(has) ?? "all";
}

export function planOfKind(kind: PlanKind, seed: string, keepTrace = false): RunPlan {
  return MAKERS[kind](seed, keepTrace);
}

/** The command line names a kind by this option. For all there is none. */
export function optionOf(kind: PlanKind): readonly string[] {
  return kind === "all" ? [] : [`--${kind}`];
}
