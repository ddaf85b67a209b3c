/** The checks of `agent.yaml` are made again and again: which is due, and what its end says, is decided here. */

import type { AgentReport, HostCheck } from "@neverstale/fleet-domain";
import type { Exit } from "../commands/exit.ts";
import type { LocalTime } from "../connection/server-clock.ts";

/** The host's file names this check. */
export interface KnownCheck {
  readonly name: string;
  readonly everyMs: number;
  readonly outdatedOn: readonly number[];
  readonly unknownOn: readonly number[];
  /** It differs when the check is another one than before, though it has the same name. */
  readonly definition: string;
}

/** This is known of one check since the agent started. */
export interface CheckState {
  readonly definition: string;
  /** The command with this id runs for it. */
  readonly running: RunningCheck | null;
  readonly result: CheckResult | null;
}

interface RunningCheck {
  readonly id: string;
  readonly begunAt: LocalTime;
}

export interface CheckResult extends Pick<HostCheck, "status" | "message"> {
  /** The look began then. It may not have seen what happened later. */
  readonly begunAt: LocalTime;
  readonly endedAt: LocalTime;
}

export type CheckStates = ReadonlyMap<string, CheckState>;

/** Checks that are new, or others than before, begin anew. Those that the file names no more are forgotten. */
export function statesFor(checks: readonly KnownCheck[], before: CheckStates): CheckStates {
  return new Map(
    checks.map(({ name, definition }) => {
      const known = before.get(name);
      return [name, known?.definition === definition ? known : { definition, running: null, result: null }];
    }),
  );
}

/** So many checks run at once. The others wait for their turn. */
export const CHECKS_AT_ONCE = 4;

/** Returns the checks to be made now, the one that has waited longest first. */
export function dueChecks(checks: readonly KnownCheck[], states: CheckStates, now: LocalTime): KnownCheck[] {
  const running = [...states.values()].filter((state) => state.running !== null).length;
  const age = ({ name }: KnownCheck) => {
    const result = states.get(name)?.result ?? null;
    return result === null ? Number.POSITIVE_INFINITY : ageMs(result.endedAt, now);
  };
  return checks
    .filter((check) => states.get(check.name)?.running === null && age(check) >= check.everyMs)
    .sort((a, b) => compare(age(b), age(a)))
    .slice(0, Math.max(0, CHECKS_AT_ONCE - running));
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

/** The clock that has moved further counts, as one stands still while the machine sleeps, and the other may be set. */
function ageMs(then: LocalTime, now: LocalTime): number {
  return Math.max(now.monotonicMs - then.monotonicMs, now.wallMs - then.wallMs);
}

/** A check that did not come to an end of its own has verified nothing. */
export function resultOf(check: KnownCheck, exit: Exit, output: string, times: LookTimes): CheckResult {
  const { outcome, exitCode, reason } = exit;
  const said = firstLine(output);
  const because = reason ?? outcome;
  if (outcome === "succeeded") return { status: "ok", message: said ?? "ok", ...times };
  if (outcome !== "failed" || exitCode === null) return { status: "unknown", message: because, ...times };
  const message = said ?? because;
  if (check.unknownOn.includes(exitCode)) return { status: "unknown", message, ...times };
  return { status: check.outdatedOn.includes(exitCode) ? "outdated" : "error", message, ...times };
}

type LookTimes = Pick<CheckResult, "begunAt" | "endedAt">;

const MAX_MESSAGE = 500;

function firstLine(output: string): string | null {
  const line = output.split("\n").find((each) => each.trim() !== "");
  return line === undefined ? null : line.trim().slice(0, MAX_MESSAGE).toWellFormed();
}

/** It names all checks of the file. `serverMs` is the time now by the server's clock. */
export function checksReport(
  checks: readonly KnownCheck[],
  states: CheckStates,
  now: LocalTime,
  serverMs: number,
): AgentReport {
  const told = checks.map(({ name, everyMs }): [string, HostCheck & { readonly everyMs: number }] => {
    const result = states.get(name)?.result ?? null;
    const { status, message } = result ?? NOT_MADE;
    const ms = serverMs - (result === null ? 0 : ageMs(result.begunAt, now));
    return [name, { status, message, checkedAt: new Date(ms).toISOString(), everyMs }];
  });
  return { type: "checks", checks: Object.fromEntries(told) };
}

const NOT_MADE = { status: "unknown", message: "it was not made since the agent started" } as const;
