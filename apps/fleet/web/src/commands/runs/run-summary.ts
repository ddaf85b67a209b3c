/** A run is what one dispatch started. Its commands are summed up here. */

import type { Command, CommandStatus } from "@neverstale/fleet-domain";
import { isFinal } from "@neverstale/fleet-domain/schema-free";
import type { Look } from "../../components/look.ts";
import { commandLook } from "../command-look.ts";

export interface RunSummary {
  /** So many of its hosts have each status, by the last try on each host, those that need a person first. */
  readonly counts: readonly (readonly [CommandStatus, number])[];
  readonly hosts: number;
  readonly done: number;
  readonly look: Look;
  readonly createdAt: string;
  /** It is absent while something of it runs or waits. */
  readonly finishedAt: string | undefined;
  readonly outputBytes: number;
}

/** There is at least one command. */
export function runSummaryOf(commands: readonly Command[]): RunSummary {
  const last = lastTries(commands);
  const statuses = Map.groupBy(last, ({ status }) => status);
  const counts = [...statuses].map(([status, all]) => [status, all.length] as const);
  const done = last.filter(({ status }) => isFinal(status)).length;
  const ended = last.map(({ finishedAt }) => finishedAt ?? "").sort();
  return {
    counts: counts.sort(([a], [b]) => URGENCY.indexOf(a) - URGENCY.indexOf(b)),
    hosts: last.length,
    done,
    look: lookOfRun(last, done),
    createdAt: commands.map(({ createdAt }) => createdAt).sort()[0] ?? "",
    finishedAt: done === last.length ? ended.at(-1) : undefined,
    outputBytes: commands.reduce((sum, { outputBytes }) => sum + outputBytes, 0),
  };
}

/** A command that was tried again counts by the try behind it. */
export function lastTries(commands: readonly Command[]): readonly Command[] {
  const known = new Set(commands.map(({ id }) => id));
  return commands.filter(({ retriedBy }) => retriedBy === undefined || !known.has(retriedBy));
}

/** Statuses are told in this order. */
const URGENCY: readonly CommandStatus[] = [
  ...(["failed", "timed_out", "lost", "rejected", "blocked", "expired"] as const),
  ...(["running", "pending", "cancelled", "skipped", "succeeded"] as const),
];

function lookOfRun(last: readonly Command[], done: number): Look {
  if (done < last.length) return commandLook(last.some(({ status }) => status === "running") ? "running" : "pending");
  const succeeded = last.filter(({ status }) => status === "succeeded").length;
  if (succeeded === last.length) return commandLook("succeeded");
  if (succeeded > 0) return { word: "Partial", shape: "half", tone: "warn" };
  const [only] = new Set(last.map(({ status }) => status));
  const areAlike = last.every(({ status }) => status === only);
  return areAlike && only !== undefined ? commandLook(only) : commandLook("failed");
}

/** `2 failed · 35 succeeded` */
export function countWords(counts: RunSummary["counts"]): string {
  return counts.map(([status, number]) => `${number} ${commandLook(status).word.toLowerCase()}`).join(" · ");
}

/** These hosts are to do it again: where it ran and did not succeed, and where it never began. */
export function leftOfRun(commands: readonly Command[]): {
  readonly failed: readonly string[];
  readonly notStarted: readonly string[];
} {
  const open = lastTries(commands).filter(({ status }) => isFinal(status) && status !== "succeeded");
  const began = ({ status, startedAt }: Command) =>
    startedAt !== undefined || status === "failed" || status === "timed_out" || status === "lost";
  return {
    failed: open.filter(began).map(({ host }) => host),
    notStarted: open.filter((command) => !began(command)).map(({ host }) => host),
  };
}

/** They stand in groups by their status, those that need a person first. */
export function byStatus(commands: readonly Command[]): readonly (readonly [CommandStatus, readonly Command[]])[] {
  const groups = Map.groupBy(lastTries(commands), ({ status }) => status);
  return [...groups].sort(([a], [b]) => URGENCY.indexOf(a) - URGENCY.indexOf(b));
}

/** Null means that its hosts were given different arguments, so that one dispatch can't repeat it. */
export function argsOfRun(commands: readonly Command[]): Command["args"] | null {
  const [first] = commands;
  const text = JSON.stringify(first?.args ?? {});
  return commands.every(({ args }) => JSON.stringify(args) === text) ? (first?.args ?? {}) : null;
}
