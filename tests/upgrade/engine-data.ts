/**
 * The engine's data is a database as an application writes it: every kind of change, records that come, go and are evicted,
 * spaces that end and are made again, answers under keys, and a log whose end is not folded yet.
 *
 * `node --conditions=source tests/upgrade/engine-data.ts DATABASE FACTS_FILE END` writes one and notes in `FACTS_FILE` what
 * must be found in it. END is `closed` or `killed`.
 */

import { writeFileSync } from "node:fs";
import { collection, defineModel, type JsonValue, patch, put, remove } from "@neverstale/protocol";
import { StateManager } from "@neverstale/server";
import { sqliteStore } from "@neverstale/store-sqlite";

export const mainModel = defineModel({
  model: 1,
  collections: {
    hosts: collection(),
    events: collection(null, { keep: { newest: 5 } }),
    metrics: collection(null, { ephemeral: true }),
  },
  changes: {
    host_added: put("hosts"),
    host_updated: patch("hosts"),
    host_removed: remove("hosts"),
    event: put("events"),
    host_metrics: put("metrics"),
  },
});

export const outputModel = defineModel({
  model: 1,
  collections: { lines: collection(null, { keep: { newest: 3 } }) },
  changes: { line: put("lines") },
});

export const SPACES = { "output/": outputModel };

/** One space of a database holds these. */
export interface SpaceFacts {
  readonly creationId: string;
  readonly version: number;
  readonly digest: string;
  /** These are sorted by id. */
  readonly state: Readonly<Record<string, readonly JsonValue[]>>;
  /** These records left it, the oldest first. */
  readonly evicted: readonly { readonly collection: string; readonly id: string; readonly version: number }[];
}

export interface EngineFacts {
  /** This is the epoch of the process that wrote last. */
  readonly epoch: string;
  /** These are positions of the main space in earlier epochs: the last version of each run. */
  readonly runs: readonly { readonly epoch: string; readonly lastVersion: number }[];
  readonly spaces: Readonly<Record<string, SpaceFacts>>;
  readonly answers: readonly {
    readonly id: string;
    readonly bodyHash: string;
    readonly version: number;
    readonly answer: JsonValue;
  }[];
}

export type Manager = StateManager<typeof mainModel>;

export function openBoard(database: string, foldMs: number): Promise<Manager> {
  return StateManager.open({ model: mainModel, spaces: SPACES, store: sqliteStore(database), limits: { foldMs } });
}

/** Reads what the manager holds now. `answers` are those that it was given. */
export async function factsOf(
  manager: Manager,
  runs: EngineFacts["runs"],
  answers: EngineFacts["answers"],
): Promise<EngineFacts> {
  const spaces: Record<string, SpaceFacts> = {};
  for (const name of manager.spaces().sort()) spaces[name] = await spaceFacts(manager, name);
  return { epoch: manager.epoch, runs, spaces, answers };
}

async function spaceFacts(manager: Manager, name: string): Promise<SpaceFacts> {
  const { version, digest, collections } = manager.capture(name);
  const state = collections.map(({ name: of, records }) => {
    return [of, [...records].sort((a, b) => (a.id < b.id ? -1 : 1))] as const;
  });
  const history = await manager.history({ space: name, limit: 1_000 });
  // These are sorted by version, as version 0.1.0 gave them: since then the creations of a space come one after the other.
  const evicted = history
    .map(({ collection: of, id, version: at }) => ({ collection: of, id, version: at }))
    .sort((a, b) => a.version - b.version);
  const creationId = manager.space(name)?.creationId ?? "";
  return { creationId, version, digest, state: Object.fromEntries(state), evicted };
}

async function write(database: string, factsFile: string, end: "closed" | "killed"): Promise<void> {
  const answers: EngineFacts["answers"][number][] = [];
  const first = await openBoard(database, 20);
  await fill(first, answers, 0);
  const runs = [{ epoch: first.epoch, lastVersion: first.version }];
  await first.close();
  const second = await openBoard(database, 20);
  await fill(second, answers, 1);
  if (end === "closed") {
    writeFileSync(factsFile, JSON.stringify(await factsOf(second, runs, answers)));
    return second.close();
  }
  runs.push({ epoch: second.epoch, lastVersion: second.version });
  await second.close();
  const third = await openBoard(database, 3_600_000);
  await fill(third, answers, 2);
  writeFileSync(factsFile, JSON.stringify(await factsOf(third, runs, answers)));
  process.kill(process.pid, "SIGKILL");
}

async function fill(manager: Manager, answers: EngineFacts["answers"][number][], round: number): Promise<void> {
  for (let n = 0; n < 8; n += 1) {
    const id = `host-${n}`;
    const data = { name: `Näme ${n} 😀`, round, nested: { cpu: n / 7, tags: ["a", null, n] }, text: "x".repeat(200) };
    await manager.apply({ type: "host_added", target: id, data });
    await manager.apply({ type: "host_updated", target: id, data: { nested: { cpu: null, gpu: round }, up: true } });
    await manager.apply({ type: "host_metrics", target: id, data: { load: n * round } });
    await manager.apply({ type: "event", target: id, data: { id: `event-${round}-${n}`, text: `came ${n}` } });
  }
  await manager.apply({ type: "host_removed", target: `host-${round}`, data: {} });
  await outputs(manager, round);
  const key = { id: `key-${round}`, bodyHash: `hash-${round}` };
  const answer = { made: [`event-keyed-${round}`] };
  const decide = () => {
    const data = { id: `event-keyed-${round}`, text: "asked for" };
    return { changes: [{ type: "event", target: "", data }], answer };
  };
  const { version } = await manager.transact(decide, { key });
  answers.push({ ...key, version, answer });
}

/** In each round the space `output/1` is made, ended, and made again. `output/2` goes on. */
async function outputs(manager: Manager, round: number): Promise<void> {
  if (manager.space("output/1") !== null)
    await manager.transact((_, transaction) => {
      transaction.removeSpace("output/1", { archive: true });
      return [];
    });
  for (const space of ["output/1", "output/2"]) {
    for (let n = 0; n < 5; n += 1)
      await manager.apply({ type: "line", target: "", data: { id: `${round}-${n}`, text: `line ${n}` } }, { space });
  }
}

if (import.meta.main) {
  const [database, factsFile, end] = process.argv.slice(2);
  if (database === undefined || factsFile === undefined || (end !== "closed" && end !== "killed"))
    throw new Error("usage: engine-data.ts DATABASE FACTS_FILE closed|killed");
  await write(database, factsFile, end);
}
