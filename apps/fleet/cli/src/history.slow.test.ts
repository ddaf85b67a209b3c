import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually, FleetProcess } from "./fleet-process-suite.ts";

const LINES = 12_000;

/** It writes half of its lines, waits for a file to appear, and writes the other half, which is more than the live tail holds. */
const COUNT = `const { existsSync } = require("node:fs");
const write = (from, to) => {
  for (let n = from; n < to; n += 1) process.stdout.write("line " + String(n).padStart(6, "0") + " " + "é".repeat(20) + "\\n");
};
write(0, ${LINES / 2});
const timer = setInterval(() => {
  if (!existsSync(process.argv[1])) return;
  clearInterval(timer);
  write(${LINES / 2}, ${LINES});
  process.exitCode = 7;
}, 20);`;
const PULL = `console.log("pulled \\u001b[31mred\\u001b[0m")`;
const YAML = JSON.stringify({
  ops: {
    count: {
      argv: [process.execPath, "-e", COUNT, "--", "{file}"],
      args: { file: { type: "text", maxLength: 200, pattern: "[A-Za-z0-9/_.-]*" } },
    },
    pull: { argv: [process.execPath, "-e", PULL] },
  },
});
const WRITTEN = Array.from({ length: LINES }, (_, n) => `line ${String(n).padStart(6, "0")} ${"é".repeat(20)}\n`).join(
  "",
);

let fleet: FleetProcess;
let host: string;

beforeAll(async () => {
  fleet = new FleetProcess(YAML);
  await fleet.start();
  host = await fleet.hostId();
});

afterAll(() => fleet.dispose());

test("output -f goes on over a server that is killed, without a hole or a repetition, and ends as the command did", async () => {
  const file = join(fleet.directory, "go-on");
  const started = await fleet.cli("run", "count", host, "--arg", `file=${file}`, "--no-wait", "--json");
  const { id } = JSON.parse(started.out);
  const following = fleet.cliStarted("output", "-f", "--exit-code", id);
  const asJson = fleet.cliStarted("output", "-f", "--json", id);
  const half = WRITTEN.length / 2;
  await eventually(() => following.text.out.length === half && asJson.text.out.length > half);

  await fleet.killServer();
  writeFileSync(file, "");
  await fleet.start();
  const [end, json] = await Promise.all([following.end, asJson.end]);
  const again = await fleet.cli("output", id);

  expect(end.out === WRITTEN).toBe(true);
  expect([end.status, json.status, again.status]).toEqual([7, 0, 0]);
  expect(end.err).toBe("count: failed: exit status 7\n");
  const pieces = json.out.split("\n").filter((line) => line !== "");
  const texts = pieces.map((line) => JSON.parse(line) as { offset: number; bytes: number; text: string });
  expect(texts.map(({ text }) => text).join("") === WRITTEN).toBe(true);
  expect(
    texts.every(({ offset }, n) => n === 0 || offset === (texts[n - 1]?.offset ?? 0) + (texts[n - 1]?.bytes ?? 0)),
  ).toBe(true);
  expect(again.out === WRITTEN).toBe(true);
});

test("events -f prints each event once, those as well that left the state while it could not look", async () => {
  const following = fleet.cliStarted("events", "-f", "--json", "--limit", "5");
  const seen = () => following.text.out.split("\n").filter((line) => line !== "");
  await eventually(() => seen().length >= 5);
  const session = await fleet.session();
  const until = new Date(Date.now() + 3_600_000).toISOString();
  const silence = (n: number) => session.postJson("/api/silences", { until, reason: `silence ${n}`, hosts: [host] });

  await silence(0);
  await eventually(() => following.text.out.includes("silence 0"));
  following.child.kill("SIGSTOP"); // The live state keeps 100 events: more than that are missed.
  for (let n = 1; n <= 150; n += 1) await silence(n);
  following.child.kill("SIGCONT");
  await eventually(() => following.text.out.includes("silence 150"));
  await fleet.killServer();
  await fleet.start();
  await fleet.hostId();
  await (await fleet.session()).postJson("/api/silences", { until, reason: "silence 151", hosts: [host] });
  await eventually(() => following.text.out.includes("silence 151"));
  following.child.kill("SIGINT");
  const { status } = await following.end;

  const events = seen().map((line) => JSON.parse(line) as { id: string; message: string });
  const told = events.flatMap(({ message }) => /silence (\d+)/.exec(message)?.[1] ?? []).map(Number);
  expect(status).toBe(0);
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  expect(told).toEqual(Array.from({ length: 152 }, (_, n) => n));
});

test("runs lists what ran by host, op, status and user, and events what happened", async () => {
  const ran = await fleet.cli("run", "pull", host, "--json");
  const { id } = JSON.parse(ran.out);

  const all = await fleet.cli("runs");
  const failed = await fleet.cli("runs", host, "--status", "failed", "lost", "--json");
  const pulls = await fleet.cli("runs", "--op", "pull", "--by", "admin", "--limit", "1", "--json");
  const nobody = await fleet.cli("runs", "--by", "nobody", "--json");
  const wrong = await fleet.cli("runs", "--status", "wrong");
  const audit = await fleet.cli("events", "--category", "audit", "--actor", "admin", "--host", host, "--limit", "1000");
  const plain = await fleet.cli("output", "--plain", id);
  const none = await fleet.cli("output", "no-such-command");

  expect(JSON.parse(ran.out)).toMatchObject({ id, host, status: "succeeded", exitCode: 0, reason: null });
  expect(all.out).toMatch(/^ID +CREATED +HOST +OP +STATUS +EXIT +TOOK +BY\n\S+ +\S+ +\S+ +pull +succeeded +0 /);
  expect(JSON.parse(failed.out)).toMatchObject({ op: "count", status: "failed", exitCode: 7 });
  expect(JSON.parse(pulls.out)).toMatchObject({ id, op: "pull" });
  expect([nobody.status, nobody.out, wrong.status]).toEqual([0, "", 2]);
  expect(audit.out).toMatch(/ audit +info +admin +admin started pull on /);
  expect(audit.out).not.toContain("agent:");
  expect(plain.out).toBe("pulled red\n");
  expect(none).toMatchObject({ status: 2, err: expect.stringContaining("there is no output of such a command") });
});

test("alerts are listed, acknowledged and closed, and hosts are silenced for a while", async () => {
  const made = await fleet.cli(
    "alerts",
    "silence",
    "--tag",
    "rack-4",
    "--for",
    "2h",
    "--reason",
    "a new switch",
    "--json",
  );
  const { id } = JSON.parse(made.out);
  const listed = await fleet.cli("alerts", "silences");
  const ended = await fleet.cli("alerts", "unsilence", id);
  const after = await fleet.cli("alerts", "silences", "--json");
  const both = await fleet.cli("alerts", "silence", "--for", "2h", "--until", "2027-01-01", "--reason", "no");
  const alerts = await fleet.cli("alerts");
  const unknown = await fleet.cli("alerts", "ack", "no-such-alert");

  expect(listed.out).toMatch(new RegExp(`\\n${id} .* rack-4 +a new switch\\n`));
  expect([made.status, ended.status, both.status]).toEqual([0, 0, 2]);
  expect(after.out).not.toContain(id);
  expect(alerts).toMatchObject({ status: 0, out: "ID  FIRED  STATUS  SEVERITY  SEEN BY  TITLE\n" });
  expect(unknown).toMatchObject({ status: 2, err: expect.stringContaining("no-such-alert") });
});
