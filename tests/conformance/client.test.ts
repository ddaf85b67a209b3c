import { fileURLToPath } from "node:url";
import { checkClient, readScenarios } from "@neverstale/conformance";
import type { Profile } from "@neverstale/protocol";
import { expect, test } from "vitest";

const scenarios = readScenarios("client");

/** The adapter beside this file as the client under test. */
function check(adapter: string, profile: Profile) {
  const script = fileURLToPath(new URL(adapter, import.meta.url));
  return checkClient(scenarios, [profile], [process.execPath, "--conditions=source", script]);
}

test("our client keeps every rule of the replica that can be seen from outside", async () => {
  const outcomes = await check("state-sync-adapter.ts", "v1");

  expect(outcomes.filter(({ result }) => result !== "ok")).toEqual([]);
  expect(outcomes).toHaveLength(scenarios.filter(({ profiles }) => profiles.includes("v1")).length);
});

test("the seed's client is told what it asks for needlessly, and nothing else", async () => {
  const outcomes = await check("seed-client-adapter.ts", "plain");

  const failed = outcomes.filter(({ result }) => result === "failed").map(({ rule, name }) => [rule, name]);
  expect(failed).toEqual([
    ["R1", "a delta at or below my version is ignored, and the next one applied"],
    ["R2", "at most one get_state is out; until the answer comes deltas are ignored"],
  ]);
});

test.each([
  { lie: "acks nothing", noticedBy: "M2-ack-every-frame", says: "expected ack" },
  { lie: "asks twice", noticedBy: "R2-one-get-state", says: "[R2] expected one `get_state` at most" },
  { lie: "asks without an ack", noticedBy: "R1-gap", says: "[R2] expected an `ack` directly before" },
  { lie: "speaks out of turn", noticedBy: "M2-silent-start", says: "[M3]" },
  { lie: "forgets where it was", noticedBy: "R6-comes-back", says: "in the address" },
  { lie: "is deaf to digests", noticedBy: "R4-other-digest", says: "get_state" },
  { lie: "shows nothing for a moment", noticedBy: "R3-atomic", says: "[P1]" },
])("a client that $lie is found out", async ({ lie, noticedBy, says }) => {
  const script = fileURLToPath(new URL("lying-client.ts", import.meta.url));
  const command = [process.execPath, "--conditions=source", script, lie];

  const [outcome] = await checkClient(readScenarios("client", noticedBy), ["v1"], command);

  expect(outcome).toMatchObject({ result: "failed", detail: expect.stringContaining(says) });
});
