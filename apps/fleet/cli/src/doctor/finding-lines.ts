/** Findings are printed as lines: how it is, what was looked at, and below it what to do. */

import type { Finding } from "@neverstale/fleet-server";
import { EXIT } from "../command-line/failure.ts";
import { oneLine } from "../terminal/plain-text.ts";

export function findingLines(findings: readonly Finding[]): string[] {
  return findings.flatMap(({ check, status, message, fix }) => [
    oneLine(`${status.padEnd(4)}  ${check}: ${message}`),
    ...(fix === null ? [] : [oneLine(`      ${fix}`)]),
  ]);
}

export function exitOf(findings: readonly Finding[]): number {
  return findings.some(({ status }) => status === "fail") ? EXIT.no : EXIT.ok;
}

/** Returns how many are how: `9 ok, 1 warn, 0 fail`. */
export function summaryLine(findings: readonly Finding[]): string {
  const count = (wanted: Finding["status"]) => findings.filter(({ status }) => status === wanted).length;
  return `${count("ok")} ok, ${count("warn")} warn, ${count("fail")} fail`;
}
