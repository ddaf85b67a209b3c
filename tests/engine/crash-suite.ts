/** A crash is `kill -9` amid acknowledged changes. */

import { expect } from "vitest";
import { type AuthorityProcess, until } from "./authority-process.ts";

/** Kills the authority `rounds` times amid its writers. Nothing acknowledged is lost, and a client that follows never starts over. */
export async function killAmidWrites(authority: AuthorityProcess, rounds: number): Promise<void> {
  const client = authority.follow();
  await until("the client is live", () => client.status.type === "live");
  const acknowledged = new Map<string, number>();
  let versionBefore = 0;

  for (let round = 0; round < rounds; round += 1) {
    const goal = acknowledged.size + 500; // About a thousand are written: the writers don't stop there.
    const writing = writeUntilKilled(authority, round, acknowledged);
    await until("enough was acknowledged", () => acknowledged.size >= goal);
    await authority.kill("SIGKILL");
    await writing;
    const shown = client.version;
    await authority.start();

    const { version, epoch } = await authority.facts();
    expect(version).toBeGreaterThanOrEqual(Math.max(versionBefore, shown, ...acknowledged.values()));
    versionBefore = version;
    await until("the client is level again", () => client.epoch === epoch && client.status.type === "live");
    const { sync } = await authority.facts();
    expect([sync.resumed, sync.fullStates]).toEqual([1, {}]);
    expect([...acknowledged.keys()].filter((id) => !client.state.hosts.has(id))).toEqual([]);
  }

  expect(acknowledged.size).toBeGreaterThanOrEqual(500 * rounds);
  expect(new Set(acknowledged.values()).size).toBe(acknowledged.size);
  expect(client.digest()).toBe((await authority.facts()).digest);
  client.stop();
}

/** Lets writers write until the authority is gone, and notes what was acknowledged, by record. */
async function writeUntilKilled(
  authority: AuthorityProcess,
  round: number,
  acknowledged: Map<string, number>,
): Promise<void> {
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    for (let n = 0; ; n += 1) {
      const id = `r${round}-w${writer}-${n}`;
      const answer = await authority.apply("host_added", id, { round, writer, n }).catch(() => null);
      if (answer === null) return;
      acknowledged.set(id, answer.version);
    }
  });
  await Promise.all(writers);
}
