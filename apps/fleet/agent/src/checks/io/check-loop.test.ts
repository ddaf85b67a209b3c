import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeWithProcesses, runs } from "@neverstale/base/test-processes";
import type { AgentReport } from "@neverstale/fleet-domain";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Journal } from "../../commands/io/journal.ts";
import { localTime } from "../../connection/io/server-api.ts";
import { HostFile } from "../../policy/io/host-file.ts";
import { CheckLoop } from "./check-loop.ts";

let directory: string;
let file: HostFile;
const loops: { loop: CheckLoop; over: Promise<void> }[] = [];

beforeEach(() => {
  directory = fs.mkdtempSync(join(tmpdir(), "neverstale-checks-"));
});

afterEach(async () => {
  for (const { loop } of loops) loop.stop();
  await Promise.all(loops.splice(0).map(({ over }) => over));
  await removeWithProcesses(directory);
});

function write(text: string): void {
  fs.writeFileSync(join(directory, "agent.yaml"), `ops: {}\n${text}`, { mode: 0o600 });
}

function begin(): CheckLoop {
  const machine = { places: { node: process.execPath, shipped: "/" }, lookUpUser: () => ({ user: null }) };
  file = new HostFile({ named: null, dataDir: directory, shipped: "/none" }, machine);
  const loop = new CheckLoop({ book: openBook(), file, log: pino({ level: "silent" }) });
  loop.noteClock({ serverMs: Date.now(), ...localTime() });
  loops.push({ loop, over: loop.run() });
  return loop;
}

function openBook(): Journal {
  return new Journal(join(directory, "checks"), () => {});
}

type Told = Extract<AgentReport, { type: "checks" }>["checks"];

/** What the loop tells, once it is as `until` asks. */
async function told(loop: CheckLoop, until: (checks: Told) => boolean): Promise<Told> {
  let checks: Told = {};
  const look = () => {
    loop.noteClock({ serverMs: Date.now(), ...localTime() });
    const report = loop.report();
    if (report?.type === "checks") checks = report.checks;
    return until(checks);
  };
  await expect.poll(look, { timeout: 60_000, interval: 20 }).toBe(true);
  return checks;
}

const isMade = (checks: Told) =>
  Object.keys(checks).length > 0 && Object.values(checks).every(({ message }) => !message.includes("not made"));

test("each check is run by its own argv, and its exit status and first line are what is told", async () => {
  write(`
checks:
  well: { argv: [echo, "all $HOME well"] }
  broken: { argv: [sh, -c, "echo 'no answer' >&2; exit 7"] }
  old: { argv: [sh, -c, "echo '3 updates'; exit 100"], outdated_on: [100] }
  away: { argv: [/nothing/here] }
  slow: { argv: [sleep, "600"], timeout: 300ms, every: 10s }
  loud: { argv: [sh, -c, "head -c 1000000 /dev/zero | tr '\\\\0' x"] }
`);
  const checks = await told(begin(), isMade);

  const short = Object.entries(checks).map(([name, { status, message }]) => [name, status, message.slice(0, 30)]);
  expect(Object.fromEntries(short.map(([name, ...rest]) => [name, rest]))).toEqual({
    well: ["ok", "all $HOME well"],
    broken: ["error", "no answer"],
    old: ["outdated", "3 updates"],
    away: ["unknown", "/nothing/here can't be started"],
    slow: ["unknown", "ran longer than 300 ms"],
    loud: ["ok", "x".repeat(30)],
  });
  expect(checks.loud?.message).toHaveLength(500);
  expect(fs.readdirSync(join(directory, "checks", "journal"))).toEqual([]);
});

test("a check that an agent before this one began is ended, with all that it started", async () => {
  const pidFile = join(directory, "pid");
  write(`\nchecks:\n  slow: { argv: [sh, -c, "sleep 600 & echo $! > ${pidFile}; wait"], timeout: 5m, every: 5m }\n`);
  const first = begin();
  await expect
    .poll(() => fs.existsSync(pidFile) && fs.readFileSync(pidFile, "utf8").trim(), { timeout: 60_000 })
    .toBeTruthy();
  const pid = Number(fs.readFileSync(pidFile, "utf8"));
  first.stop();
  write("");
  begin();

  await expect.poll(() => runs(pid), { timeout: 60_000 }).toBe(false);
  await expect.poll(() => fs.readdirSync(join(directory, "checks", "journal")), { timeout: 60_000 }).toEqual([]);
});

test("a file that becomes wrong leaves its checks as they are, and one that names other checks has those made", async () => {
  write("\nchecks:\n  well: { argv: [echo, one] }\n");
  const loop = begin();
  await told(loop, isMade);

  write("\nchecks:\n  well: { argv: [] }\n");
  file.reload();
  expect(file.problem).toContain("line 4: checks.well.argv");
  expect(file.checks().map(({ name }) => name)).toEqual(["well"]);
  write("\nchecks:\n  well: { argv: [echo, two] }\n  new: { argv: [echo, three] }\n");
  file.reload();

  const checks = await told(loop, (now) => isMade(now) && now.new !== undefined);
  expect([checks.well?.message, checks.new?.message]).toEqual(["two", "three"]);
});
