import { rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { ServerMessage } from "@neverstale/protocol";
import { type StateManager, type Store, serveSync } from "@neverstale/server";
import type { SpaceCommit } from "@neverstale/server/store";
import { sqliteStore } from "@neverstale/store-sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type EngineFacts, factsOf, type Manager, openBoard } from "./engine-data.ts";
import { factsIn, releasedVersions, unpacked } from "./releases.ts";

const kept = releasedVersions().flatMap((version) => [
  { version, part: "engine-closed" },
  { version, part: "engine-killed" },
]);

describe.each(kept)("a database of version $version, $part", ({ version, part }) => {
  let folder: string;
  let facts: EngineFacts;
  let manager: Manager;

  beforeEach(async () => {
    folder = unpacked(version, part);
    facts = factsIn(folder);
    manager = await openBoard(join(folder, "test.db"), 20);
  });

  afterEach(async () => {
    await manager.close();
    rmSync(folder, { recursive: true });
  });

  test("[P3] [G2] holds the state, the digest and the history that it held", async () => {
    const found = await factsOf(manager, facts.runs, facts.answers);

    expect(withSets(found.spaces)).toEqual(withSets(facts.spaces));
  });

  test("[D1] gives the first answer to a repeat of each key, and does nothing again", async () => {
    const before = manager.version;

    for (const { id, bodyHash, version: at, answer } of facts.answers) {
      const repeat = await manager.transact(() => [{ type: "host_removed", target: "host-7", data: {} }], {
        key: { id, bodyHash },
      });
      expect(repeat).toMatchObject({ version: at, answer, replayed: true });
    }

    expect(manager.version).toBe(before);
  });

  test("[E2] resumes whoever stands at a version of its history, in each epoch, and nobody beyond one", async () => {
    const main = facts.spaces.main;
    const runs = [...facts.runs, { epoch: facts.epoch, lastVersion: main?.version ?? 0 }];

    for (const { epoch, lastVersion } of runs) {
      const space = main?.creationId ?? "";
      expect(await firstMessage(manager, { epoch, space, version: lastVersion })).toMatchObject({ type: "sync" });
      expect(await firstMessage(manager, { epoch, space, version: lastVersion + 1 })).toMatchObject({ type: "init" });
    }
  });

  test("[A1] takes changes, is folded, closed and opened once more, and holds both", async () => {
    await manager.apply({ type: "host_added", target: "new", data: { name: "since the upgrade" } });
    await manager.close();

    manager = await openBoard(join(folder, "test.db"), 20);

    const { hosts } = manager.state;
    expect(hosts.get("new")).toEqual({ id: "new", name: "since the upgrade" });
    expect(hosts.size).toBe((facts.spaces.main?.state.hosts?.length ?? 0) + 1);
  });
});

describe.each(kept)("the chain of a database of version $version, $part", ({ version, part }) => {
  let folder: string;
  let store: Store;

  beforeEach(() => {
    folder = unpacked(version, part);
    store = sqliteStore(join(folder, "test.db"), { retention: { logChanges: 4 } });
  });

  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  test("[E1] begins with the first takeover, and the log of before stays what it was", async () => {
    const facts = factsIn(folder) as EngineFacts;

    const contents = await store.read();
    const { epochs, spaces, head, takeover } = contents;
    const place = await store.takeOver({ ...TAKEOVER, ageAt: contents.ageAt ?? 0, after: head });

    expect([head, takeover]).toEqual([null, null]);
    expect(contents.ageAt).toBeGreaterThan(0); // It is that of the newest answer.
    expect(epochs.slice(0, facts.runs.length)).toEqual(facts.runs.map(({ epoch }) => epoch));
    expect(place).toEqual({ sequence: 1, term: "the first with a chain" });
    expect(await store.readChain({ afterSequence: 0, limit: 9 })).toMatchObject([
      { type: "takeover", termBefore: null },
    ]);
    const log = await store.readLog({ space: "main", afterVersion: 0, limit: 10_000 });
    expect(log.at(-1)?.lastVersion).toBe(facts.spaces.main?.version);
    expect(spaces.map(({ name }) => name).sort()).toEqual(Object.keys(facts.spaces).sort());
  });

  test("[A10] what was logged before is trimmed as ever, and the entries behind it are whole", async () => {
    const { spaces, head } = await store.read();
    await store.takeOver({ ...TAKEOVER, ageAt: TAKEOVER.at, after: head });
    const heads = spaces.map(({ name, creationId, log, foldedVersion }) => {
      return { name, creationId, head: log.at(-1)?.lastVersion ?? foldedVersion };
    });
    for (let n = 1; n <= 6; n += 1) {
      const moves = heads.map(({ name, head: last }) => change(name, last + n));
      await store.commit({ at: TAKEOVER.at, ageAt: TAKEOVER.at, spaces: moves, history: [], answers: [] });
    }

    for (const { name, creationId, head: last } of heads) {
      const rows = { records: [], tombstones: [], tombstoneFloor: Number.MAX_SAFE_INTEGER, digest: null };
      await store.fold({ space: name, creationId, after: 0, version: last + 6, ...rows });
    }

    expect(store.metrics().store_log_changes).toBeLessThanOrEqual(Math.max(4, heads.length));
    expect(await store.readChain({ afterSequence: 0, limit: 9 })).toBe("trimmed");
    const newest = await store.readChain({ afterSequence: 6, limit: 9 });
    expect(newest).toMatchObject([{ sequence: 7, spaces: heads.map(({ name }) => ({ name })) }]);
  });
});

const TAKEOVER = { epoch: "the first with a chain", address: null, model: 1, at: 2_000_000_000_000 };

function change(name: string, version: number): SpaceCommit {
  const changes = { text: JSON.stringify([{ type: "host_removed", target: "nobody", data: {} }]) };
  const rows = { creationId: null, removed: false, archived: false, lineage: null };
  return { name, ...rows, firstVersion: version, lastVersion: version, changes };
}

/** What was evicted is the same; in which order it is told is today's. */
function withSets(spaces: EngineFacts["spaces"]) {
  const sets = Object.entries(spaces).map(([name, facts]) => [name, { ...facts, evicted: sorted(facts.evicted) }]);
  return Object.fromEntries(sets);
}

function sorted(evicted: EngineFacts["spaces"][string]["evicted"]) {
  return evicted.map(({ collection, id, version }) => `${version} ${collection} ${id}`).sort();
}

/** What a replica is told first that comes with this position. */
async function firstMessage(
  manager: Manager,
  position: { epoch: string; space: string; version: number },
): Promise<ServerMessage> {
  const http = createServer();
  const sync = serveSync(http, { manager: manager as unknown as StateManager });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const { port } = http.address() as AddressInfo;
  const query = new URLSearchParams({ ...position, version: String(position.version) });
  const socket = new WebSocket(`ws://127.0.0.1:${port}/sync?${query}`, "neverstale.v1");
  try {
    return await new Promise((resolve, reject) => {
      socket.once("error", reject);
      socket.once("message", (data: Buffer, isBinary: boolean) => {
        resolve(JSON.parse(String(isBinary ? gunzipSync(data) : data)) as ServerMessage);
      });
    });
  } finally {
    socket.terminate();
    await sync.close();
    await new Promise((resolve) => http.close(resolve));
  }
}
