import type { Assignment } from "@neverstale/fleet-domain";
import type { Job, JournalEntry, Outcome } from "./job.ts";
import type { Known } from "./known.ts";

/*
 * What the agent does next, from what it sees. Level-triggered: it looks at what is, never at what happened, so that it
 * goes on after a restart at any point as if there had been none.
 *
 *   assigned -> journal -> claim (again, until answered) -> start -> [runner] -> exit -> reported -> settled
 *                            | refused: never starts        |  stop
 *                                                           +-> gone without exit: lost
 */

/** All that a decision rests on. */
export interface View {
  /** The agent's space; null as long as it hasn't been seen. */
  readonly assignments: ReadonlyMap<string, Assignment> | null;
  /** Every journaled command. */
  readonly known: readonly Known[];
  /** Claims that this run of the agent got a 200 for. */
  readonly granted: ReadonlySet<string>;
  /** Commands for which a claim is out, or that have just failed: nothing is done about them for now. */
  readonly waiting: ReadonlySet<string>;
  /** Commands whose runner was sent off just now and may not have shown up yet. */
  readonly starting: ReadonlySet<string>;
  /** Commands that this run of the agent has told to stop; an earlier run may have ended before it could. */
  readonly stopped: ReadonlySet<string>;
  /** The latest it can be at the server, ms since 1970; null: unknown. */
  readonly serverMs: number | null;
  /** What the host's file says to an assignment. */
  readonly plan: (assignment: Assignment) => Plan;
}

/** `refusal`: a sentence for people. */
export type Plan = { readonly args: JournalEntry["args"]; readonly job: Job } | { readonly refusal: string };

export type Action =
  /** Writes the id to disk: from then on it can be claimed. */
  | {
      readonly type: "journal";
      readonly assignment: Assignment;
      readonly args: JournalEntry["args"];
      readonly job: Job;
    }
  | { readonly type: "claim"; readonly commandId: string }
  /** `withinMs`: not after that time from now; null: whenever. */
  | { readonly type: "start"; readonly commandId: string; readonly withinMs: number | null }
  | { readonly type: "stop"; readonly commandId: string }
  | { readonly type: "end_unstarted"; readonly commandId: string; readonly outcome: Outcome; readonly reason: string }
  | { readonly type: "end_lost"; readonly commandId: string; readonly reason: string };

export function decide(view: View): Action[] {
  const actions = view.known.flatMap((known) => next(view, known) ?? []);
  const begin = beginNext(view);
  return begin === null ? actions : [...actions, begin];
}

/** Whether the host counts as busy with it: from the claim until the server has the result, or has refused the claim. */
export function isOpen(known: Known): boolean {
  return known.entry.settledAt === null && known.entry.claim !== "refused";
}

/** Assignments that this host's file refuses, with the reason. They are never journaled. */
export function refusals(view: View): { readonly commandId: string; readonly reason: string }[] {
  return unjournaled(view).flatMap((assignment) => {
    const plan = view.plan(assignment);
    return "refusal" in plan ? [{ commandId: assignment.id, reason: plan.refusal }] : [];
  });
}

function next(view: View, known: Known): Action | null {
  const { commandId } = known.entry;
  if (!isOpen(known) || known.exit !== null || view.waiting.has(commandId)) return null;
  const cancelRequested = view.assignments?.get(commandId)?.cancelRequested ?? false;
  switch (known.runner) {
    case "alive":
      return cancelRequested && !view.stopped.has(commandId) ? { type: "stop", commandId } : null;
    case "gone":
      return {
        type: "end_lost",
        commandId,
        reason: "its runner ended without a word: killed, or the machine restarted",
      };
    case "none":
      return view.granted.has(commandId)
        ? startOrEnd(view, known.entry, cancelRequested)
        : { type: "claim", commandId };
  }
}

/** The server has given this command to this agent, and nothing runs yet. */
function startOrEnd(view: View, entry: JournalEntry, cancelRequested: boolean): Action | null {
  const { commandId } = entry;
  // Also with a runner on its way: which of the two comes first is decided on the disk.
  if (cancelRequested)
    return { type: "end_unstarted", commandId, outcome: "cancelled", reason: "stopped before it started" };
  if (view.starting.has(commandId)) return null;
  if (entry.deadline === null) return { type: "start", commandId, withinMs: null };
  if (view.serverMs === null) return null;
  const withinMs = Date.parse(entry.deadline) - view.serverMs;
  return withinMs > 0
    ? { type: "start", commandId, withinMs }
    : { type: "end_unstarted", commandId, outcome: "expired", reason: "its deadline passed before it could start" };
}

/** At most one command at a time: the next is begun only when the server has the result of the last. */
function beginNext(view: View): Action | null {
  if (view.known.some(isOpen)) return null;
  const ready = unjournaled(view)
    .filter((assignment) => assignment.cancelRequested !== true && !view.waiting.has(assignment.id))
    .filter((assignment) => mayStart(assignment, view.serverMs))
    .sort(byDeadline);
  for (const assignment of ready) {
    const plan = view.plan(assignment);
    if ("job" in plan) return { type: "journal", assignment, ...plan };
  }
  return null;
}

function unjournaled(view: View): Assignment[] {
  const journaled = new Set(view.known.map((known) => known.entry.commandId));
  return [...(view.assignments?.values() ?? [])].filter(
    (assignment) => assignment.status === "assigned" && !journaled.has(assignment.id),
  );
}

function mayStart(assignment: Assignment, serverMs: number | null): boolean {
  return assignment.deadline === undefined || (serverMs !== null && serverMs < Date.parse(assignment.deadline));
}

/** The order of a collection has no meaning: the most urgent goes first, ids decide between equals. */
function byDeadline(a: Assignment, b: Assignment): number {
  const [first, second] = [deadlineMs(a), deadlineMs(b)];
  if (first !== second) return first < second ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}

function deadlineMs({ deadline }: Assignment): number {
  return deadline === undefined ? Number.POSITIVE_INFINITY : Date.parse(deadline);
}
