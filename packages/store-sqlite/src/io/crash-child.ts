/** The crash child is a process that works on a store until it is killed or the disk fails, for the tests beside it. */

import { createHash } from "node:crypto";
import { closeSync, ftruncateSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type CommitGroup, type Fold, type Store, StoreFailure } from "@neverstale/server/store";
import { type SqliteStoreOptions, sqliteStore } from "./sqlite-store.ts";

export interface ChildTask {
  readonly run: "hold" | "commit" | "fill" | "until-failure" | "read";
  readonly path: string;
  readonly options: SqliteStoreOptions;
  /** It commits so many groups. With "commit" it goes on for ever when this is absent. */
  readonly groups?: number;
}

/** It says on its standard output, a JSON line at a time, what it was promised. */
export type ChildLine =
  | { readonly said: "open"; readonly head: number }
  | { readonly said: "stored"; readonly version: number; readonly fingerprint: string }
  | { readonly said: "acknowledged"; readonly version: number; readonly fingerprint: string }
  | { readonly said: "failed"; readonly outcome: string; readonly message: string }
  | { readonly said: "done"; readonly metrics: Readonly<Record<string, number>> };

const RECORDS = 600;

/** Short lines go into a pipe whole, or not at all when the process is killed. */
function say(line: ChildLine): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

/** A fingerprint stands for a text where the text is told of. */
export function fingerprint(text: string): string {
  return createHash("sha1").update(text).digest("base64url").slice(0, 12);
}

async function openStore({ path, options }: ChildTask): Promise<{ store: Store; head: number }> {
  const store = sqliteStore(path, options);
  const { epochs, spaces, head: place } = await store.read();
  const main = spaces.find((space) => space.name === "main");
  const head = main?.log.at(-1)?.lastVersion ?? main?.foldedVersion ?? 0;
  say({ said: "open", head });
  const at = Date.now();
  await store.takeOver({ epoch: `${epochs.length}`, address: null, model: 1, at, ageAt: at, after: place });
  return { store, head };
}

/** The group has one change, whose text is told when it has been acknowledged. */
function nextGroup(version: number, text: string): CommitGroup {
  const creationId = version === 1 ? "main#1" : null;
  const space = {
    name: "main",
    creationId,
    removed: false,
    archived: false,
    lineage: null,
    firstVersion: version,
    lastVersion: version,
    changes: { text },
  };
  const at = Date.now();
  return { at, ageAt: at, spaces: [space], history: [], answers: [] };
}

/** It holds every record as it is at `version`. All of them show the version. */
function wholeFold(version: number): Fold {
  const records = Array.from({ length: RECORDS }, (_, n) => ({
    collection: "hosts",
    id: `r${n}`,
    version,
    text: `{"id":"r${n}","version":${version}}`,
  }));
  return {
    space: "main",
    creationId: "main#1",
    after: 0,
    version,
    records,
    tombstones: [],
    tombstoneFloor: 0,
    digest: null,
  };
}

async function commitUntilKilled(task: ChildTask): Promise<void> {
  const { store, head } = await openStore(task);
  const last = head + (task.groups ?? Number.POSITIVE_INFINITY);
  let folding = false;
  for (let version = head + 1; version <= last; version += 1) {
    const text = `[${JSON.stringify(`${process.pid}/${version}/${"x".repeat((version * 997) % 9_000)}`)}]`;
    await store.commit(nextGroup(version, text));
    say({ said: "acknowledged", version, fingerprint: fingerprint(text) });
    if (task.groups !== undefined || folding) continue;
    folding = true;
    void store.fold(wholeFold(version)).then(() => {
      folding = false;
    });
  }
  say({ said: "done", metrics: store.metrics() });
}

/** It meets a full disk again and again, each time with another remainder of room, and ends in the midst of it. */
async function fillTheDisk(task: ChildTask): Promise<void> {
  const { store, head } = await openStore(task);
  const ballast = join(task.path, "..", "ballast");
  let version = head;
  const commit = async (text: string) => {
    await store.commit(nextGroup(version + 1, text));
    version += 1;
    say({ said: "acknowledged", version, fingerprint: fingerprint(text) });
  };
  for (let round = 1; round <= 12; round += 1) {
    await commit(`["round ${round}, with room"]`);
    fillUp(ballast, round * 1_777);
    await commitUntilFull(commit, round);
    if (round < 12) rmSync(ballast);
  }
  process.kill(process.pid, "SIGKILL");
}

async function commitUntilFull(commit: (text: string) => Promise<void>, round: number): Promise<void> {
  try {
    for (let n = 1; ; n += 1) await commit(`["round ${round}, ${n}: ${"x".repeat(1_000 + 555 * round)}"]`);
  } catch (error) {
    sayFailure(error);
  }
}

/** It leaves `remainder` bytes of the disk free. */
function fillUp(path: string, remainder: number): void {
  const file = openSync(path, "w");
  let size = 0;
  try {
    for (;;) size += writeSync(file, Buffer.alloc(4_096));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
  }
  ftruncateSync(file, Math.max(0, size - remainder));
  closeSync(file);
}

async function commitUntilFailure(task: ChildTask): Promise<void> {
  const { store, head } = await openStore(task);
  for (let version = head + 1; version < head + 10_000; version += 1) {
    const text = `["${version}"]`;
    try {
      await store.commit(nextGroup(version, text));
    } catch (error) {
      sayFailure(error);
      await store.findAnswer({ key: "k", owner: "", madeAt: null }).catch(sayFailure);
      await store.fold(wholeFold(head)).catch(sayFailure);
      process.exit(3);
    }
    say({ said: "acknowledged", version, fingerprint: fingerprint(text) });
  }
}

async function tellLog(store: Store): Promise<void> {
  for (const { firstVersion, changes } of await store.readLog({ space: "main", afterVersion: 0, limit: 1_000_000 })) {
    say({ said: "stored", version: firstVersion, fingerprint: fingerprint(changes) });
  }
  await store.close();
}

function sayFailure(error: unknown): void {
  if (!(error instanceof StoreFailure)) throw error;
  say({ said: "failed", outcome: error.outcome, message: error.message });
}

async function run(task: ChildTask): Promise<void> {
  switch (task.run) {
    case "hold":
      await openStore(task);
      setInterval(() => {}, 60_000);
      break;
    case "commit":
      await commitUntilKilled(task);
      process.exit(0);
      break;
    case "fill":
      await fillTheDisk(task);
      break;
    case "until-failure":
      await commitUntilFailure(task);
      break;
    case "read":
      await tellLog((await openStore(task)).store);
  }
}

// The tests import the types above; only a process of its own has a task.
if (process.argv[1] === import.meta.filename) await run(JSON.parse(process.argv[2] as string) as ChildTask);
