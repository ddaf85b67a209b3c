/** Times at which a schedule is due are found from its cron expression, in its time zone, by a library. */

import { Cron } from "croner";

/** It returns the first time after `afterMs` at which it is due, or null where there is none any more. Both are ms since 1970. */
export function nextDue(cron: string, timeZone: string, afterMs: number): number | null {
  return timesOf(cron, timeZone).nextRun(new Date(afterMs))?.getTime() ?? null;
}

/** It returns what is wrong with them, or null. */
export function cronProblem(
  cron: string,
  timeZone: string,
  afterMs: number,
): { in: "cron" | "time_zone"; problem: string } | null {
  try {
    new Intl.DateTimeFormat("en", { timeZone });
  } catch {
    return { in: "time_zone", problem: "expected a time zone such as Europe/Berlin or UTC" };
  }
  try {
    return nextDue(cron, timeZone, afterMs) === null ? { in: "cron", problem: "it would never be due" } : null;
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^CronPattern: /, "") : String(error);
    return { in: "cron", problem: `expected a cron expression such as 30 2 * * *: ${why}` };
  }
}

/** It has no seconds, as a look comes every two of them. Without a function it starts no timer. */
function timesOf(cron: string, timezone: string): Cron {
  return new Cron(cron, { timezone, mode: "5-part", paused: true });
}
