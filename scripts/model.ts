/** `npm run model` checks the models in docs/model exhaustively with Spin, in about seven minutes. */

import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SEARCHES, type Search } from "./model/searches.ts";
import { ROOT } from "./run.ts";

interface Found {
  readonly violation: string | null;
  readonly states: number;
  readonly seconds: number;
  /**
   * It tells an execution that ends in the violation, in the model's own words. It is the shortest one unless it is a
   * cycle.
   */
  readonly trace: string;
}

/** An assertion of docs/model/nodes.pml with this part in it stands for this promise. */
const NODES_PROMISES: readonly (readonly [part: string, promise: string])[] = [
  ["q_len(down)", "P2, it never becomes level"],
  ["over[", "N4, a beacon says more than its node knew"],
  ["target", "P10, a caller is told what is not so"],
  ["wantStore", "N6, a replica gets a full state for being ahead of a node"],
  ["tip[term", "P3, a version was given twice in an epoch"],
  ["tip[epoch]", "P1, a replica shows what never was"],
  ["base==shows", "P1, a diff is applied to another state"],
  ["preceding[", "P1, an entry is applied to another state"],
  ["term[head[", "L1, two writers extend one branch"],
  [">=version[shows]", "E5, a replica went back"],
];

/** `--long` adds the larger searches. `--trace` tells how each violation comes about. */
const options = process.argv.slice(2);
requireTools();
let wrong = 0;
for (const search of SEARCHES.filter(isAsked)) {
  const found = explore(search);
  const asExpected = (found.violation === null) === (search.expect === "sound");
  if (!asExpected) wrong++;
  const result = found.violation === null ? "no violation" : `violation: ${found.violation}`;
  const facts = `${found.states.toLocaleString("en")} states, ${found.seconds.toFixed(0)} s`;
  console.log(`${asExpected ? "✓" : "×"} ${search.name}: ${result} (${facts})`);
  if (options.includes("--trace") || !asExpected) console.log(found.trace);
}
process.exitCode = wrong === 0 ? 0 : 1;

/** It is true for the searches that are named. Without names it is true for all, the long ones only with `--long`. */
function isAsked({ name, long }: Search): boolean {
  const names = options.filter((option) => !option.startsWith("--"));
  return names.length > 0 ? names.includes(name) : long !== true || options.includes("--long");
}

function requireTools(): void {
  const missing = [
    ["spin", "-V"],
    ["gcc", "--version"],
  ].filter(([tool = "", flag = ""]) => spawnSync(tool, [flag]).error !== undefined);
  if (missing.length === 0) return;
  console.error(
    `${missing.map(([tool]) => tool).join(" and ")} not found. On Debian and Ubuntu: sudo apt-get install spin gcc`,
  );
  process.exit(1);
}

function explore({ model, defines, cycles, expect }: Search): Found {
  const folder = mkdtempSync(join(tmpdir(), "neverstale-model-"));
  const file = `${model}.pml`;
  const flags = defines.map((define) => `-D${define}`);
  try {
    copyFileSync(join(ROOT, "docs/model", file), join(folder, file));
    must(folder, "spin", ["-a", ...flags, file]);
    const search = cycles === true ? "-DNP" : "-DSAFETY";
    const shortest = expect === "violation" && cycles !== true ? ["-DBFS"] : [];
    must(folder, "gcc", [
      expect === "sound" ? "-O2" : "-O1",
      "-w",
      "-DCOLLAPSE",
      "-DVECTORSZ=4096",
      "-DMEMLIM=12000",
      search,
      ...shortest,
      "-o",
      "pan",
      "pan.c",
    ]);
    const report = must(folder, "./pan", ["-m1000000", "-w24", ...(cycles === true ? ["-l"] : [])]);
    const violation = violationIn(report);
    const trace = violation === null ? "" : must(folder, "spin", ["-t", "-T", "-B", ...flags, file]);
    return {
      violation,
      states: numberIn(report, /(\S+) states, stored/),
      seconds: numberIn(report, /elapsed time (\S+)/),
      trace,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * It runs a tool in `cwd` and returns what it printed. It throws when the tool can't do its work. A violation is not
 * that.
 */
function must(cwd: string, command: string, args: readonly string[]): string {
  const { stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8", maxBuffer: 1 << 28 });
  if (error !== undefined) throw error;
  if (/syntax error|fatal error/.test(stdout + stderr)) throw new Error(`${command}: ${stdout}${stderr}`);
  return stdout + stderr;
}

function violationIn(report: string): string | null {
  const errors = /errors: (\d+)/.exec(report)?.[1];
  if (errors === undefined) throw new Error(`the search did not end:\n${report}`);
  if (/max search depth too small|out of memory|MEMLIM/i.test(report))
    throw new Error(`the search was cut short:\n${report}`);
  return errors === "0" ? null : promiseBroken(/^pan:\d+: (.+)$/m.exec(report)?.[1] ?? "");
}

/** It names the promise behind an assertion of the model. */
function promiseBroken(assertion: string): string {
  if (assertion.includes("non-progress cycle")) return "P2, it never becomes level";
  if (assertion.includes("disk.head>truthHead")) return "P3, a version was given twice in an epoch";
  if (assertion.includes("truth")) return "P1, a replica shows what never was";
  if (assertion.includes(">=rep[me].version")) return "E5, a replica went back";
  return NODES_PROMISES.find(([part]) => assertion.includes(part))?.[1] ?? assertion;
}

function numberIn(report: string, pattern: RegExp): number {
  return Number(pattern.exec(report)?.[1] ?? Number.NaN);
}
