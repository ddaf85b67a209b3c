import { afterEach, beforeEach, expect, test } from "vitest";
import { AuthorityProcess, DataDir } from "./authority-process.ts";
import { callAmidKills } from "./linearizable-suite.ts";

const SCRIPT = new URL("./register-authority.ts", import.meta.url);
const BREAK = new URL("../../packages/sim/src/io/broken/preload.ts", import.meta.url);

let dir: DataDir;

beforeEach(() => {
  dir = new DataDir();
});

afterEach(() => dir.remove());

test("[A12] what callers are told by a process that is killed among their calls has an order that explains it", async () => {
  const authority = new AuthorityProcess(dir.database, 1_000, SCRIPT);
  await authority.start();

  const judgement = await callAmidKills(authority, { kills: 3, callsPerKill: 150 });
  await authority.kill();

  expect(judgement.problem).toBeNull();
  expect(judgement.answered).toBeGreaterThanOrEqual(900);
  for (const seen of ["neverAnswered", "repeated", "readAtReplicas"] as const)
    expect(judgement[seen]).toBeGreaterThan(0);
});

test("[A12] a process whose reads are older than what it has acknowledged is found out", async () => {
  const authority = new AuthorityProcess(dir.database, 1_000, SCRIPT);
  authority.env = {
    ...process.env,
    NODE_OPTIONS: `--conditions=source --import=${BREAK.href}`,
    NEVERSTALE_BROKEN_BUILD: "a read is served from a copy that is older than what was acknowledged",
  };
  await authority.start();

  const judgement = await callAmidKills(authority, { kills: 1, callsPerKill: 150 });
  await authority.kill();

  expect(judgement.problem).not.toBeNull();
});
