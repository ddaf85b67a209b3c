/** Results are printed as Markdown tables. */

import type { Case, Column, Entrant, Target } from "../workload.ts";
import { isVoid, medianOf, medianWithinRuns, type Result } from "./run.ts";

/** It writes a table for each case, and then what the numbers had to show. */
export function markdown(result: Result): string {
  const { workload } = result;
  const parts = [`## ${workload.id} ${workload.title}`, workload.notes.map((note) => `- ${note}`).join("\n")];
  for (const one of workload.cases) parts.push(`### ${one.name}`, caseTable(result, one));
  if (workload.targets.length > 0) parts.push("### Must show", targetTable(result));
  const voids = voidRuns(result);
  if (voids.length > 0) parts.push("### Void runs", voids.join("\n"));
  return parts.join("\n\n");
}

function caseTable(result: Result, one: Case): string {
  const { columns } = result.workload;
  const head = ["contender", ...columns.map((column) => column.label)];
  const rows = one.contenders.map((entrant) => [
    entrant.label,
    ...columns.map((column) => cell(result, one, entrant, column)),
  ]);
  return grid(head, rows);
}

function cell(result: Result, one: Case, entrant: Entrant, column: Column): string {
  const value = medianOf(result, one.name, entrant.name, column.key);
  if (Number.isNaN(value)) return "-";
  const text = number(value, column.digits);
  if (column.ratio !== true || entrant.name === one.reference) return text;
  const ratio = medianWithinRuns(
    result,
    (read) => read(one.name, entrant.name, column.key) / read(one.name, one.reference, column.key),
  );
  return Number.isFinite(ratio) ? `${text} (${ratio.toPrecision(2)}x)` : text;
}

function targetTable(result: Result): string {
  const rows = result.workload.targets.map((target) => {
    const value = medianWithinRuns(result, (read) => target.value(read));
    return [
      target.text,
      limit(target),
      Number.isNaN(value) ? "-" : String(Number(value.toPrecision(3))),
      verdict(target, value),
    ];
  });
  return grid(["claim", "limit", "measured", ""], rows);
}

function limit(target: Target): string {
  return target.atLeast === undefined ? `at most ${target.atMost}` : `at least ${target.atLeast}`;
}

function verdict(target: Target, value: number): "met" | "missed" | "not measured" {
  if (Number.isNaN(value)) return "not measured";
  const met =
    value >= (target.atLeast ?? Number.NEGATIVE_INFINITY) && value <= (target.atMost ?? Number.POSITIVE_INFINITY);
  return met ? "met" : "missed";
}

function voidRuns(result: Result): string[] {
  return result.series.flatMap((series) =>
    series.runs.flatMap((sample, run) =>
      isVoid(sample) ? [`- ${series.case}, ${series.contender}, run ${run + 1}: ${sample.void.split("\n")[0]}`] : [],
    ),
  );
}

function number(value: number, digits: number): string {
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function grid(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const rule = head.map((_, at) => (at === 0 ? "---" : "--:"));
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}
