/** The kinds of plans that a seed stands for: everything, or one kind of follower in a world of its own. */

import { makePlan } from "../plan/make-plan.ts";
import { makePagesPlan } from "../plan/pages-plan.ts";
import type { RunPlan } from "../plan/plan.ts";
import { makeViewsPlan } from "../plan/views/views-plan.ts";

/** "pages" are those that mutate, and "views" are the followers of views. */
export type PlanKind = "all" | "pages" | "views";

const MAKERS = { all: makePlan, pages: makePagesPlan, views: makeViewsPlan };

export function planOfKind(kind: PlanKind, seed: string, keepTrace = false): RunPlan {
  return MAKERS[kind](seed, keepTrace);
}

/** The command line names a kind by this option. For all there is none. */
export function optionOf(kind: PlanKind): readonly string[] {
  return kind === "all" ? [] : [`--${kind}`];
}
