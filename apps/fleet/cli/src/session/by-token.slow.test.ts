import { chmodSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FleetProcess, SHOUT_YAML } from "../fleet-process-suite.ts";

const LIMIT_MS = 120_000;

let fleet: FleetProcess;
let viewer: string;
let operator: string;

beforeAll(async () => {
  fleet = new FleetProcess(SHOUT_YAML);
  await fleet.start();
  await fleet.hostId();
  viewer = await tokenFile("viewer");
  operator = await tokenFile("operator");
}, LIMIT_MS);

afterAll(() => fleet.dispose());

async function tokenFile(role: string): Promise<string> {
  const file = join(fleet.directory, `${role}.token`);
  const made = await fleet.cli("api-tokens", "create", "--label", "a script", "--role", role, "--out", file);
  expect({ status: made.status, mode: statSync(file).mode & 0o777 }).toEqual({ status: 0, mode: 0o600 });
  return file;
}

test("commands of each kind go by a token: reading, following over a socket, and running", {
  timeout: LIMIT_MS,
}, async () => {
  const shown = await fleet.cli("hosts", "--token-file", viewer);
  const ran = await fleet.cli("dispatch", "shout", "all", "--arg", "name=web", "--token-file", operator);
  const plain = await fleet.cliUntil(["watch", "--plain", "--token-file", viewer], / init 1 hosts/);
  const verified = await fleet.cli("verify", "--seconds", "1", "--token-file", viewer);

  expect(shown).toMatchObject({ status: 0, out: expect.stringContaining("online") });
  expect(ran).toMatchObject({ status: 0, out: "hello web\n" });
  expect([plain.status, verified.status]).toEqual([0, 0]);
});

test("a token does what its role may and no more, and nothing about accounts", { timeout: LIMIT_MS }, async () => {
  const ran = await fleet.cli("dispatch", "shout", "all", "--arg", "name=web", "--token-file", viewer);
  const enrolled = await fleet.cli("token", "create", "--token-file", operator);
  const listed = await fleet.cli("users", "list", "--token-file", operator);

  expect(ran).toMatchObject({ status: 2, out: "", err: expect.stringContaining("this needs the role operator") });
  expect(enrolled).toMatchObject({ status: 2, out: "", err: expect.stringContaining("this needs the role admin") });
  expect(listed).toMatchObject({ status: 2, err: expect.stringContaining("unknown option '--token-file'") });
});

test("a token file that others may read is refused, and so is one beside a password", {
  timeout: LIMIT_MS,
}, async () => {
  chmodSync(viewer, 0o644);
  const open = await fleet.cli("hosts", "--token-file", viewer);
  chmodSync(viewer, 0o600);
  const both = await fleet.cli("hosts", "--token-file", viewer, "--user", "admin");
  const again = await fleet.cli("api-tokens", "create", "--label", "again", "--out", viewer);

  expect(open).toMatchObject({ status: 2, err: expect.stringContaining(`Run: chmod 600 ${viewer}\n`) });
  expect(both).toMatchObject({ status: 2, err: expect.stringContaining("--token-file says who signs in") });
  expect(again).toMatchObject({ status: 2, err: expect.stringContaining("not there yet") });
});

test("a command whose output nobody reads any more ends without a stack", { timeout: LIMIT_MS }, async () => {
  const cli = join(import.meta.dirname, "../../bin/neverstale.mjs");
  const watch = `"${process.execPath}" "${cli}" watch --url ${fleet.address} --token-file "${viewer}"`;

  const { status, out, err } = await fleet.shell(`{ ${watch}; echo "ended with $?" >&2; } | head -1`);

  expect({ status, lines: out.split("\n").length, err }).toEqual({ status: 0, lines: 2, err: "ended with 2\n" });
});
