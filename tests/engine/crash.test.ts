import { cpSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { toWireState } from "@neverstale/protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { AuthorityProcess, DataDir, until } from "./authority-process.ts";
import { killAmidWrites } from "./crash-suite.ts";

let dir: DataDir;
let authority: AuthorityProcess;

beforeEach(async () => {
  dir = new DataDir();
  authority = new AuthorityProcess(dir.database, 1_000);
  await authority.start();
});

afterEach(async () => {
  await authority.kill();
  dir.remove();
});

test("[P3] kill -9 amid acknowledged changes, again and again: all of them are there, versions only rise, the client resumes by diff", () =>
  killAmidWrites(authority, 3));

test("[E3] a data directory put back from an older copy: a client that had seen more gets a full state under a new epoch", async () => {
  const data = dirname(dir.database);
  const copy = join(dir.path, "copy");
  for (let n = 0; n < 50; n += 1) await authority.apply("host_added", `kept-${n}`, { n });
  await authority.kill("SIGTERM");
  cpSync(data, copy, { recursive: true });
  await authority.start();
  const client = authority.follow();
  for (let n = 0; n < 50; n += 1) await authority.apply("host_added", `lost-${n}`, { n });
  await until("the client has seen the newest change", () => client.state.hosts.has("lost-49"));
  const before = { epoch: client.epoch, version: client.version };

  await authority.kill("SIGKILL");
  rmSync(data, { recursive: true });
  cpSync(copy, data, { recursive: true });
  await authority.start();
  for (let n = 0; n < 80; n += 1) await authority.apply("host_added", `other-${n}`, { n });
  await until("the client shows the other history", () => client.state.hosts.has("other-79"));
  await until("the client is live", () => client.status.type === "live");

  const facts = await authority.facts();
  expect(before.version).toBe(100);
  expect(client.epoch).toBe(facts.epoch);
  expect(client.epoch).not.toBe(before.epoch);
  expect(facts.sync.resumed).toBe(0);
  const { state } = await authority.get<{ state: unknown }>("/state");
  expect(toWireState(client.state).hosts).toHaveLength(130);
  expect(client.digest()).toBe(facts.digest);
  expect(JSON.stringify(state)).not.toContain("lost-");
  client.stop();
});
