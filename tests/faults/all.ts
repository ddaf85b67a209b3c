/**
 * Fault scripts run one after the other and make up a Markdown table: `node --conditions=source tests/faults/all.ts [NAME...]`. A name
 * is that of a script, or that of a folder. Without one, all of them run. This exits with 1 when one of them failed. A script that
 * can't run here has not failed: it says what it needs.
 */

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism, release, tmpdir, type } from "node:os";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { EXIT } from "./stage/fault.ts";

const SCRIPTS = [
  "process/kill-9",
  "process/crash-at-nth-call",
  "disk/power-cut",
  "disk/disk-full",
  "disk/fsync-error",
  "disk/failing-writes",
  "disk/slow-fsync",
  "disk/wal-damage",
  "disk/page-damage",
  "network/bad-network",
  "network/partition",
  "process/stopped",
  "network/never-reads",
  "network/slow-line",
  "network/malformed-frames",
  "process/clock-jump",
  "database/kill-node",
  "database/stopped-writer",
  "database/cut-off-node",
  "database/lost-tail",
  "database/synchronous-standby",
  "database/two-primaries",
  "database/cancelled-wait",
  "database/pooler-restarts",
  "database/database-full",
  "database/wrong-clocks",
];

const TIMEOUT_MS = 10 * 60_000;

interface Row {
  readonly name: string;
  readonly result: "pass" | "**fail**" | "can't run here";
  readonly did: string;
  readonly acknowledged: string;
  readonly recovered: string;
  readonly lost: string;
  readonly seen: string;
}

function scriptsNamed(asked: readonly string[]): readonly string[] {
  const unknown = asked.filter((name) => !SCRIPTS.some((script) => script.split("/").includes(name)));
  if (unknown.length > 0) throw new Error(`no script and no folder is named ${unknown.join(", ")}`);
  return SCRIPTS.filter((script) => asked.length === 0 || script.split("/").some((part) => asked.includes(part)));
}

function run(script: string): Row {
  const name = basename(script);
  const path = fileURLToPath(new URL(`./${script}.ts`, import.meta.url));
  const args = ["--conditions=source", path];
  const { status, stdout } = spawnSync(process.execPath, args, {
    encoding: "utf8",
    timeout: TIMEOUT_MS,
    stdio: ["ignore", "pipe", "inherit"],
    // Bounds on time hold as they stand, since nothing else runs.
    env: { ...process.env, NEVERSTALE_TEST_LEISURE: "1" },
  });
  const said = (what: string) => new RegExp(`^${what}: (.*)$`, "m").exec(stdout)?.[1] ?? "";
  const acknowledged = said("acknowledged");
  const recovered = said("recovered");
  const lost = status === EXIT.pass ? String(Number(acknowledged) - Number(recovered)) : "";
  const result = status === EXIT.pass ? "pass" : status === EXIT.cannotRun ? "can't run here" : "**fail**";
  const seen = status === EXIT.pass ? said("seen") : status === EXIT.cannotRun ? said("CANNOT RUN HERE") : "see above";
  if (result === "**fail**") console.error(`${name}\n${stdout}`);
  return { name, result, did: said("did"), acknowledged, recovered, lost, seen };
}

function fileSystem(): string {
  const mounts = readFileSync("/proc/mounts", "utf8").trim().split("\n");
  const points = mounts.map((line) => line.split(" ") as [device: string, path: string, kind: string]);
  const holding = points.filter(([, path]) => tmpdir().startsWith(path)).sort((a, b) => b[1].length - a[1].length)[0];
  return holding?.[2] ?? "unknown";
}

if (import.meta.main) {
  const chosen = scriptsNamed(process.argv.slice(2));
  const rows: Row[] = [];
  for (const script of chosen) {
    const startedAt = performance.now();
    console.error(`${basename(script)}, ${rows.length + 1} of ${chosen.length}`);
    const row = run(script);
    rows.push(row);
    console.error(`${basename(script)}: ${row.result} after ${Math.round((performance.now() - startedAt) / 1_000)} s`);
  }
  const machine = `${availableParallelism()} cores, ${type()} ${release().split(".").slice(0, 2).join(".")}, ${fileSystem()}, Node ${process.versions.node}`;
  console.log(`${new Date().toISOString().slice(0, 10)}; ${machine}\n`);
  console.log("| script | result | what was done | acknowledged | recovered | lost | seen |");
  console.log("|---|---|---|---|---|---|---|");
  for (const row of rows) {
    const { name, result, did, acknowledged, recovered, lost, seen } = row;
    console.log(`| \`${name}\` | ${result} | ${did} | ${acknowledged} | ${recovered} | ${lost} | ${seen} |`);
  }
  process.exitCode = rows.some(({ result }) => result === "**fail**") ? EXIT.fail : EXIT.pass;
}
