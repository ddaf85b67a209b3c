/** Several starts of `serve` are tried in one process of their own, and each has to fail. */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { withoutScript } from "./serve-process-suite.ts";

export interface StartCase {
  readonly flags: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
}

export interface StartEnd {
  /** It is null when a server runs. */
  readonly status: number | null;
  readonly err: string;
}

const CHILD = fileURLToPath(new URL("./io/failing-starts-child.ts", import.meta.url));

/** It returns how each of them ended, in their order. */
export function endsOf(cases: readonly StartCase[]): StartEnd[] {
  const { stdout, stderr } = spawnSync(process.execPath, ["--conditions=source", CHILD], {
    input: JSON.stringify(cases),
    env: withoutScript(process.env),
    encoding: "utf8",
  });
  const ends = stdout
    .trim()
    .split("\n")
    .filter((line) => line !== "");
  if (ends.length !== cases.length)
    throw new Error(`${ends.length} of ${cases.length} starts came to an end: ${stderr}`);
  return ends.map((line) => JSON.parse(line) as StartEnd);
}
