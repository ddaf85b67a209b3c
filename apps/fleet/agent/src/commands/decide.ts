/** The agent decides from what it sees what it does next. */

import type { Assignment } from "@neverstale/fleet-domain";
import type { Job } from "../policy/job.ts";
import type { Plan } from "../policy/plan.ts";
import type { CommandOutcome } from "./exit.ts";
import type { JournalEntry } from "./journal-entry.ts";
import { isOpen, type Known } from "./known.ts";

/**
 * Returns what the agent does now, in this order. The decision rests on what is, never on what happened, so that the agent goes
 * on after a restart at any point as if there had been none.
 *
 *   assigned -> journal -> claim (again, until answered) -> start -> [runner] -> exit -> reported -> settled
 *                            | refused: never starts        |  stop
 *                                                           +-> gone without exit: lost
 */
export function decide(situation: Situation): Action[] {
  const actions = situation.known.flatMap((known) => next(situation, known) ?? []);
  const begin = beginNext(situation);
  return begin === null ? actions : [...actions, begin];
}

/** A decision rests on all of this, and on nothing else. */
export interface Situation {
  /** These are the records of the agent's space. Null means that the space hasn't been seen yet. */
  readonly assignments: ReadonlyMap<string, Assignment> | null;
  /** This holds every journaled command. */
  readonly known: readonly Known[];
  /** The server answered 200 to this run's claims of these commands. */
  readonly granted: ReadonlySet<string>;
  /** A claim of these commands is out, or they have just failed: nothing is done about them for now. */
  readonly waiting: ReadonlySet<string>;
  /** The runners of these commands were sent off just now and may not have shown up yet. */
  readonly starting: ReadonlySet<string>;
  /** This run of the agent has told these commands to stop. An earlier run may have ended before it could. */
  readonly stopped: ReadonlySet<string>;
  /** This is the latest time that it can be at the server, in ms since 1970. Null means unknown. */
  readonly serverMs: number | null;
  /** The host's file says what an assignment comes to. */
  readonly plan: (assignment: Assignment) => Plan;
}

export type Action =
  /** Writes the id to disk. From then on it can be claimed. */
  | {
      readonly type: "journal";
      readonly assignment: Assignment;
      readonly args: JournalEntry["args"];
      readonly job: Job;
    }
  | { readonly type: "claim"; readonly commandId: string }
  /** It must not start later than `withinMs` from now. Null means that it may start at any time. */
  | { readonly type: "start"; readonly commandId: string; readonly withinMs: number | null }
  | { readonly type: "stop"; readonly commandId: string }
  | {
      readonly type: "end_unstarted";
      readonly commandId: string;
      readonly outcome: CommandOutcome;
      readonly reason: string;
    }
  | { readonly type: "end_lost"; readonly commandId: string; readonly reason: string };

/** Returns the assignments that this host's file refuses, with the reason. They are never journaled. */
export function refusals(situation: Situation): { readonly commandId: string; readonly reason: string }[] {
  return unjournaled(situation).flatMap((assignment) => {
    const plan = situation.plan(assignment);
    return "refusal" in plan ? [{ commandId: assignment.id, reason: plan.refusal }] : [];
  });
}

function next(situation: Situation, known: Known): Action | null {
  const { commandId } = known.entry;
  if (!isOpen(known) || known.exit !== null || situation.waiting.has(commandId)) return null;
  const cancelRequested = situation.assignments?.get(commandId)?.cancelRequested ?? false;
  switch (known.runner) {
    case "alive":
      return cancelRequested && !situation.stopped.has(commandId) ? { type: "stop", commandId } : null;
    case "gone":
      return {
        type: "end_lost",
        commandId,
        reason: "its runner ended without a word: killed, or the machine restarted",
      };
    case "none":
      return situation.granted.has(commandId)
        ? startOrEnd(situation, known.entry, cancelRequested)
        : { type: "claim", commandId };
  }
}

/** The server has given this command to this agent, and nothing runs yet. */
function startOrEnd(situation: Situation, entry: JournalEntry, cancelRequested: boolean): Action | null {
  const { commandId } = entry;
  // A runner may be on its way already: which of the two comes first is decided on the disk.
  if (cancelRequested)
    return { type: "end_unstarted", commandId, outcome: "cancelled", reason: "stopped before it started" };
  if (situation.starting.has(commandId)) return null;
  if (entry.deadline === null) return { type: "start", commandId, withinMs: null };
  if (situation.serverMs === null) return null;
  const withinMs = Date.parse(entry.deadline) - situation.serverMs;
  return withinMs > 0
    ? { type: "start", commandId, withinMs }
    : { type: "end_unstarted", commandId, outcome: "expired", reason: "its deadline passed before it could start" };
}

/** At most one command runs at a time: the next is begun only when the server has the result of the last. */
function beginNext(situation: Situation): Action | null {
  if (situation.known.some(isOpen)) return null;
  const ready = unjournaled(situation)
    .filter((assignment) => assignment.cancelRequested !== true && !situation.waiting.has(assignment.id))
    .filter((assignment) => mayStart(assignment, situation.serverMs))
    .sort(byDeadline);
  for (const assignment of ready) {
    const plan = situation.plan(assignment);
    if ("job" in plan) return { type: "journal", assignment, ...plan };
  }
  return null;
}

function unjournaled(situation: Situation): Assignment[] {
  const journaled = new Set(situation.known.map((known) => known.entry.commandId));
  return [...(situation.assignments?.values() ?? [])].filter(
    (assignment) => assignment.status === "assigned" && !journaled.has(assignment.id),
  );
}

function mayStart(assignment: Assignment, serverMs: number | null): boolean {
  return assignment.deadline === undefined || (serverMs !== null && serverMs < Date.parse(assignment.deadline));
}

/** The order of a collection has no meaning: the most urgent goes first, and ids decide between equals. */
function byDeadline(a: Assignment, b: Assignment): number {
  const [first, second] = [deadlineMs(a), deadlineMs(b)];
  if (first !== second) return first < second ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}

function deadlineMs({ deadline }: Assignment): number {
  return deadline === undefined ? Number.POSITIVE_INFINITY : Date.parse(deadline);
}
