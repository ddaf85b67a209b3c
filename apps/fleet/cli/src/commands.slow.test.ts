import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually, FleetProcess, SHOUT_YAML } from "./fleet-process-suite.ts";

const LIMIT_MS = 120_000;

let fleet: FleetProcess;

beforeAll(async () => {
  fleet = new FleetProcess(SHOUT_YAML);
  await fleet.start();
  await fleet.hostId();
}, LIMIT_MS);

afterAll(() => fleet.dispose());

test("dispatch shows the output and ends with 0 when all succeeded", { timeout: LIMIT_MS }, async () => {
  const { status, out, err } = await fleet.cli("dispatch", "shout", "all", "--arg", "name=web");

  expect({ status, out, err }).toEqual({ status: 0, out: "hello web\n", err: expect.stringMatching(/: succeeded\n$/) });
});

test("dispatch ends with 1 when one did not succeed, and says how it ended", { timeout: LIMIT_MS }, async () => {
  const { status, out, err } = await fleet.cli("dispatch", "shout", "all", "--arg", "name=nobody");

  expect({ status, out, err }).toEqual({
    status: 1,
    out: "hello nobody\n",
    err: expect.stringContaining("failed: exit status 3"),
  });
});

test("[C40] what the host's own file refuses is rejected with its reason", { timeout: LIMIT_MS }, async () => {
  const { status, err } = await fleet.cli("dispatch", "shout", "all", "--arg", "name=A");

  expect({ status, err }).toEqual({
    status: 1,
    err: expect.stringContaining("rejected: name doesn't match what this host allows"),
  });
});

test("dispatch to a host or of an op that isn't there ends with 2 and says what there is", {
  timeout: LIMIT_MS,
}, async () => {
  const nowhere = await fleet.cli("dispatch", "shout", "nowhere");
  const nothing = await fleet.cli("dispatch", "nothing", "all");

  expect(nowhere).toMatchObject({ status: 2, err: expect.stringContaining("there is no host nowhere; there are: ") });
  expect(nothing.status).toBe(2);
  expect(nothing.err).not.toContain(" at ");
});

test("verify follows and finds the two equal", { timeout: LIMIT_MS }, async () => {
  const { status, out } = await fleet.cli("verify", fleet.address, "--seconds", "3");

  expect(out).toMatch(/\n[1-9]\d* digests compared, 0 differed\nequal\n$/);
  expect(status).toBe(0);
});

test("watch prints the state it finds and then what moves, in both profiles", { timeout: LIMIT_MS }, async () => {
  const watching = await Promise.all([
    fleet.cliUntil(["watch"], /~ metrics\/.* lastSeenAt: /),
    fleet.cliUntil(["watch", "--json"], /"change":"changed","collection":"metrics"/),
    fleet.cliUntil(["watch", "--plain"], /v\d+ delta host_metrics .*\n/),
  ]);

  expect(watching.map((end) => end.status)).toEqual([0, 0, 0]);
  expect(watching[0]?.out).toMatch(/ v\d+ 1 hosts, \d+ commands, /);
  expect(watching[2]?.out).toMatch(/^\S+ v\d+ init 1 hosts, /);
});

test("on a terminal watch is a table that is drawn anew, and gives the terminal back", {
  timeout: LIMIT_MS,
}, async () => {
  const { status, out } = await fleet.onTerminal(["watch"], /● live[^●]*1 hosts? [^●]*HOST +STATUS[^●]* %[^●]*● live/u);

  expect(status).toBe(0);
  expect(out.startsWith("\u001b[?1049h\u001b[?25l")).toBe(true);
  expect(out.trimEnd().endsWith("\u001b[?25h\u001b[?1049l")).toBe(true);
});

test("metrics draws what a host told, and gives it as JSON", { timeout: LIMIT_MS }, async () => {
  const id = await fleet.hostId();
  await eventually(async () => /^ram {13}\|/m.test((await fleet.cli("metrics", id)).out));

  const { status, out } = await fleet.cli("metrics", id, "--from", "10m", "--step", "60", "--json");
  const nobody = await fleet.cli("metrics", "nobody");

  expect(status).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ host: id, step: 60 });
  expect(JSON.parse(out).metrics.ram).toContainEqual([expect.any(Number), expect.any(Number), expect.any(Number)]);
  expect(nobody).toMatchObject({ status: 2, err: expect.stringContaining("there is no host nobody; there are: ") });
});

test("hosts shows what is wrong with one, such as the line of its agent.yaml that can't be used", {
  timeout: LIMIT_MS,
}, async () => {
  const file = join(fleet.agentDir, "agent.yaml");
  const well = await fleet.cli("hosts", "all");
  writeFileSync(file, "ops:\n  shout:\n    argv: []\n");

  await eventually(async () => (await fleet.cli("hosts", "--problems")).status === 1);
  const wrong = await fleet.cli("hosts", "--problems");
  const json = await fleet.cli("hosts", "--json");
  writeFileSync(file, SHOUT_YAML);
  await eventually(async () => (await fleet.cli("hosts")).status === 0);

  expect(well).toMatchObject({ status: 0, out: expect.stringMatching(/^HOST .*\n\S+ +online /) });
  expect(wrong.out).toMatch(/\n {2}agent-file: error: .*agent\.yaml: line 3: ops\.shout\.argv: /);
  expect(JSON.parse(json.out)).toMatchObject({ online: true, checks: { "agent-file": { status: "error" } } });
});

test("a wrong password, no server: 2, and what to do", { timeout: LIMIT_MS }, async () => {
  const wrong = await fleet.cli("watch", "--user", "somebody");
  const nobody = await fleet.cli("verify", "http://127.0.0.1:9");

  expect(wrong).toMatchObject({ status: 2, err: expect.stringContaining("the name or the password is wrong") });
  expect(nobody).toMatchObject({ status: 2, err: expect.stringContaining("Is the server running") });
});

test("backup beside a running server, restore refused until it has ended, then put back", {
  timeout: LIMIT_MS,
}, async () => {
  const file = join(fleet.directory, "backup.db");
  const before = await fleet.cli("backup", file);
  const again = await fleet.cli("backup", file);
  const refused = await fleet.cli("restore", file);
  const { status: dispatched } = await fleet.cli("dispatch", "shout", "all", "--arg", "name=later");

  await fleet.killServer();
  const restored = await fleet.cli("restore", file);
  await fleet.start();
  await fleet.hostId();

  expect({ before: before.status, made: existsSync(file), dispatched }).toEqual({
    before: 0,
    made: true,
    dispatched: 0,
  });
  expect(again).toMatchObject({ status: 1, err: expect.stringContaining("exists already") });
  expect(refused).toMatchObject({ status: 1, err: expect.stringMatching(/process \d+ works on .*\nStop it first/) });
  expect(restored).toMatchObject({ status: 0, out: expect.stringContaining("what was there before is ") });
  await eventually(async () => (await fleet.cli("verify", "--seconds", "1")).status === 0);
});

test("one printed command enrols another machine, once, and keeps what it has to itself", {
  timeout: LIMIT_MS,
}, async () => {
  const { status, out } = await fleet.cli("token", "create", "--tag", "other", "--ttl", "5m");
  const root = join(fleet.directory, "other-machine");
  const run = (root: string) => fleet.shell(out.trim().replace(/\)$/, ` --no-service --root ${root})`));

  const running = run(root); // It ends with the fleet.
  await eventually(async () => (await fleet.state()).hosts?.some((host) => String(host.tags) === "other") === true);
  const again = await run(`${root}-2`);

  expect(status).toBe(0);
  expect(out).toMatch(/^\(cd .* sh neverstale\/setup\.sh --server \S+ --enroll-token \S+\)\n$/);
  expect(statSync(join(root, "var/lib/neverstale-agent/credential.json")).mode & 0o777).toBe(0o600);
  expect(again).toMatchObject({ status: 4, err: expect.stringContaining("it has been used") });
  expect(await Promise.race([running, "still runs"])).toBe("still runs");
});

test("users are invited by a link, given another role, listed and removed, and programs get tokens", {
  timeout: LIMIT_MS,
}, async () => {
  const invited = await fleet.cli("users", "invite", "maria", "--role", "operator");
  const changed = await fleet.cli("users", "role", "maria", "viewer");
  const listed = await fleet.cli("users", "list", "--json");
  const wrong = await fleet.cli("users", "role", "maria", "root");
  const removed = await fleet.cli("users", "remove", "maria");
  const made = await fleet.cli("api-tokens", "create", "--label", "a script", "--json");
  const { id, token } = JSON.parse(made.out);
  const tokens = await fleet.cli("api-tokens", "list");
  const revoked = await fleet.cli("api-tokens", "revoke", id);

  expect(invited.out).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#invite=[\w-]{43}&user=maria\n$/);
  expect([invited.status, changed.status, wrong.status, removed.status]).toEqual([0, 0, 2, 0]);
  expect([token, revoked.status]).toEqual([expect.stringMatching(/^nst_[\w-]{43}$/), 0]);
  expect(tokens.out).toMatch(new RegExp(`^${id}  viewer    hosts: all  until \\S+  never used  a script\n$`));
  const users = listed.out.split("\n").filter((line) => line !== "");
  expect(users.map((line) => JSON.parse(line))).toContainEqual(
    expect.objectContaining({ name: "maria", role: "viewer", status: "invited" }),
  );
});
