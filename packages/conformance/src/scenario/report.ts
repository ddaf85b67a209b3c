/** A report shows all outcomes, as a table or as Markdown. */

import type { ScenarioOutcome } from "./outcome.ts";

const MARKS: Readonly<Record<ScenarioOutcome["result"], string>> = { ok: "ok", failed: "FAILED", "not run": "not run" };

/** It writes a line for each outcome, with what differed below it, and the sum at the end. */
export function tableOf(outcomes: readonly ScenarioOutcome[]): string {
  const width = outcomes.reduce((widest, { rule }) => Math.max(widest, rule.length), 0) + 2;
  const lines = outcomes.flatMap(({ rule, name, profile, result, detail }) => [
    `${MARKS[result].padEnd(7)}  ${`[${rule}]`.padEnd(width)}  ${profile.padEnd(5)}  ${name}`,
    ...(detail === "" ? [] : [`         ${detail}`]),
  ]);
  return [...lines, "", sumOf(outcomes)].join("\n");
}

export function sumOf(outcomes: readonly ScenarioOutcome[]): string {
  const count = (result: ScenarioOutcome["result"]) => outcomes.filter((outcome) => outcome.result === result).length;
  const notRun = count("not run");
  return `${count("ok")} ok, ${count("failed")} failed${notRun === 0 ? "" : `, ${notRun} not run`}`;
}

/** It writes what failed as a Markdown table. */
export function markdownOf(outcomes: readonly ScenarioOutcome[]): string {
  const failed = outcomes.filter(({ result }) => result === "failed");
  const rows = failed.map(({ rule, name, detail }) => `| ${rule} | ${cell(name)} | ${cell(detail)} |`);
  return ["| rule | what should hold | what happened |", "|---|---|---|", ...rows, "", sumOf(outcomes)].join("\n");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
