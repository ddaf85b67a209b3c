/** The first report that the server accepts is noted beside the agent's data, which shows that a start has gone well. */

import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { readIfThere, writeDurably } from "../../machine/io/durable-files.ts";

const FirstReport = z.object({ pid: z.int(), version: z.string(), program: z.string() });
export type FirstReport = z.infer<typeof FirstReport>;

export function noteFirstReport(dataDir: string, report: FirstReport): void {
  writeDurably(fileIn(dataDir), JSON.stringify(report));
}

/** Returns the one of the newest process of which a report was accepted. */
export function readFirstReport(dataDir: string): FirstReport | null {
  const text = readIfThere(fileIn(dataDir));
  return text === null ? null : FirstReport.parse(JSON.parse(text));
}

/** Waits until a report of another process than this one is accepted. False means that none was, in this time. */
export async function untilReported(dataDir: string, before: FirstReport | null, timeoutMs: number): Promise<boolean> {
  for (const endsAt = performance.now() + timeoutMs; performance.now() < endsAt; await delay(LOOK_AGAIN_MS)) {
    const now = readFirstReport(dataDir);
    if (now !== null && now.pid !== before?.pid) return true;
  }
  return false;
}

const LOOK_AGAIN_MS = 100;

function fileIn(dataDir: string): string {
  return join(dataDir, "first-report.json");
}
