/**
 * A release keeps what this version writes and what it ships, so that later ones can show that they go on from it:
 * `node --conditions=source tests/upgrade/make-release.ts VERSION` is run once for a release, in its own checkout.
 */

import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { Admin, Machine } from "../browser/api.ts";
import { FleetProcess } from "../browser/fleet-process.ts";
import { pack } from "./pack.ts";
import { type FleetFacts, outputOf, RELEASES } from "./releases.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const [version] = process.argv.slice(2);
if (version === undefined || !/^\d+\.\d+\.\d+$/.test(version)) throw new Error("usage: make-release.ts VERSION");
const target = join(RELEASES, version);
const work = mkdtempSync(join(tmpdir(), "neverstale-release-"));
try {
  mkdirSync(target, { recursive: true });
  writeEngine("closed");
  writeEngine("killed");
  await writeFleet();
  pack(join(ROOT, "apps/fleet/web/dist"), join(target, "page"));
  await writeAgent();
} finally {
  rmSync(work, { recursive: true });
}

function writeEngine(end: "closed" | "killed"): void {
  const folder = join(work, end);
  mkdirSync(folder);
  const script = fileURLToPath(new URL("engine-data.ts", import.meta.url));
  const args = ["--conditions=source", script, join(folder, "test.db"), join(folder, "facts.json"), end];
  const { status, signal, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0 && signal !== "SIGKILL") throw new Error(stderr);
  pack(folder, join(target, `engine-${end}`));
}

/** Kills a server with a host that has done something, amid its life. The start of the server builds the page. */
async function writeFleet(): Promise<void> {
  const fleet = new FleetProcess();
  await fleet.start();
  try {
    const admin = await Admin.signIn(fleet.address);
    const machine = await Machine.enroll(fleet.address, admin, "web-1");
    await admin.patchHost(machine.hostId, { tags: ["prod"] });
    const commandId = await admin.dispatch("speak", [machine.hostId]);
    await machine.claim(commandId);
    await machine.write(commandId, 0, "first line\nsecond line\n");
    await machine.report({
      type: "finished",
      commandId,
      status: "succeeded",
      exitCode: 0,
      finishedAt: new Date().toISOString(),
      outputBytes: 23,
    });
    const { state } = await admin.state();
    const output = await outputOf(fleet.address, admin, commandId);
    const facts: FleetFacts = { hostId: machine.hostId, credential: machine.credential, commandId, output, state };
    await fleet.killHard();
    const folder = join(work, "fleet");
    cpSync(fleet.dataDir, join(folder, "data"), { recursive: true });
    writeFileSync(join(folder, "facts.json"), JSON.stringify(facts));
    pack(folder, join(target, "fleet"));
  } finally {
    await fleet.remove();
  }
}

/** Packs the agent as its package holds it, in two files that need nothing else. */
async function writeAgent(): Promise<void> {
  const from = join(ROOT, "apps/fleet/agent");
  const folder = join(work, "agent");
  for (const [entry, name] of [
    ["src/main.ts", "main.js"],
    ["src/commands/io/runner.ts", "runner.js"],
  ] as const) {
    const bundle = await rolldown({
      input: join(from, entry),
      platform: "node",
      external: ["bufferutil", "utf-8-validate"],
      resolve: { conditionNames: ["source", "node", "import", "default"] },
      onLog: () => {},
    });
    await bundle.write({ file: join(folder, "dist/io", name), format: "esm", minify: true, codeSplitting: false });
    await bundle.close();
  }
  for (const part of ["ops", "agent.yaml", "package.json"])
    cpSync(join(from, part), join(folder, part), { recursive: true });
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ version: manifest.version, type: "module" }));
  pack(folder, join(target, "agent"));
}
