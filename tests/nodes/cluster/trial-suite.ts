/** What every trial of a cluster must show, and the tables that it prints. */

import { expect } from "vitest";
import type { Cost, Trial, Verdict } from "./trial.ts";

/** Nobody who had a state got another one, and who lost a connection resumed by a diff. */
export function expectOnlyDiffs(cost: Cost): void {
  expect(cost.fullStates).toBe(0);
  expect(cost.lost).toBeGreaterThanOrEqual(cost.clients);
  expect(cost.resumed).toBe(cost.watched);
}

/** All that was acknowledged is there, once, and everybody shows the same. */
export function expectTheWholeTruth(verdict: Verdict, { crowd }: Trial): void {
  const { acknowledged, told } = verdict;
  expect(verdict.failures).toEqual([]);
  expect({ stored: verdict.stored, versions: verdict.versions }).toEqual({
    stored: acknowledged,
    versions: acknowledged,
  });
  expect(verdict.sumStored).toBe(verdict.sumAcknowledged);
  expect(verdict.nodes).toHaveLength(1);
  expect(verdict.shown).toEqual({ [String(verdict.nodes[0])]: crowd.size.clients });
  expect(told.counts.firstProblems).toEqual([]);
  expect(told.counts.errors).toEqual({});
  expect([told.counts.fullStates, verdict.fullStatesSent, told.resyncs, told.divergences]).toEqual([0, 0, 0, 0]);
  expect(told.counts.firstStates).toBe(crowd.size.clients - crowd.size.replicas);
}

export function costTable(costs: readonly Cost[]): string {
  return table(
    [
      "node",
      "clients",
      "connections lost",
      "resumed by a diff",
      "full states",
      "steps",
      "writes again",
      "all follow again",
      "slowest dispatch",
    ],
    costs.map((cost) => [
      `${cost.node}${cost.wasWriter ? ", the writer" : ""}`,
      ...[cost.clients, cost.lost, cost.resumed, cost.fullStates, cost.steps].map(String),
      cost.writesAgainMs === null ? "-" : seconds(cost.writesAgainMs),
      ...[cost.followAgainMs, cost.slowestDispatchMs].map(seconds),
    ]),
  );
}

export function verdictTable(verdict: Verdict): string {
  const { told, tries } = verdict;
  const rows: readonly (readonly [string, unknown])[] = [
    ["changes acknowledged", verdict.acknowledged],
    ["changes stored", verdict.stored],
    ["dispatches that failed", verdict.failures.length],
    ["answers to tries", JSON.stringify(tries)],
    ["full states after the first", told.counts.fullStates + verdict.fullStatesSent],
    ["connections lost", told.lost],
    ["resumed by a diff", told.counts.resumed],
    ["steps", told.counts.steps],
    ["deltas", told.counts.deltas],
    ["how connections ended", JSON.stringify(told.counts.ends)],
    ["clients by version and digest", JSON.stringify(verdict.shown)],
  ];
  return table(
    ["in the whole trial", ""],
    rows.map(([name, value]) => [name, String(value)]),
  );
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
