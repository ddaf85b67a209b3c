/** This program measures what a durable commit costs: `node --conditions=source bench/store-writer.ts [--smoke]`. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { DatabaseSync } from "node:sqlite";
import type { CommitGroup, Store } from "@neverstale/server/store";
import { sqliteStore } from "@neverstale/store-sqlite";

/**
 * The store, with its writer inline, in its worker and where it chooses, is compared with bare `node:sqlite` that writes the same
 * number of rows for each sync (docs/decisions/0001-where-the-commit-runs.md).
 *
 * All of them take turns in one process, some commits each, so that whatever else the machine does meets them alike. Ratios are
 * medians over the rounds. Slow disks are made with strace, where there is one: it delays each sync. At the end each contender
 * reads back what it wrote, else the run is void.
 */
interface Contender {
  readonly name: string;
  /** It makes a group of changes durable. */
  commit(): void | Promise<void>;
  /** This share of the commits ran on another thread. */
  inWorker(): number;
  /** It throws when something that was committed is missing. */
  finish(): Promise<void>;
}

interface Setting {
  /** So many callers each wait for their change before they make the next one. A group commit takes one change of each. */
  readonly callers: number;
  readonly rounds: number;
  /** Each round has so many commits. */
  readonly commits: number;
}

interface Result {
  readonly name: string;
  readonly changesPerSecond: number;
  readonly ofBare: number;
  readonly commitP50Ms: number;
  readonly commitP99Ms: number;
  readonly loopP99Ms: number;
  readonly inWorker: number;
}

const RECORDS = 1_000;
const RECORD_TEXT = JSON.stringify({ id: "host-0000", note: "x".repeat(370) });

async function storeContender(
  directory: string,
  writer: "inline" | "worker" | "auto",
  callers: number,
): Promise<Contender> {
  const store: Store = sqliteStore(join(directory, `${writer}.db`), { writer });
  const { head: after } = await store.read();
  const at = Date.now();
  await store.takeOver({ epoch: "bench", address: null, model: 1, at, ageAt: at, after });
  let head = 0;
  return {
    name: writer,
    commit() {
      const group = nextGroup(head, callers);
      head += callers;
      return store.commit(group);
    },
    inWorker() {
      const metrics = store.metrics();
      return (metrics.store_commits_in_worker_total ?? 0) / (metrics.store_commits_total ?? 1);
    },
    async finish() {
      await store.close();
      const { spaces } = await store.read();
      await store.close();
      if (spaces[0]?.log.at(-1)?.lastVersion !== head)
        throw new Error("the store lost what it was given: the run is void");
    },
  };
}

function nextGroup(head: number, count: number): CommitGroup {
  const changes = Array.from(
    { length: count },
    (_, n) => `{"type":"host_added","target":"host-${(head + n) % RECORDS}","data":${RECORD_TEXT}}`,
  );
  const space = {
    name: "main",
    creationId: head === 0 ? "main#1" : null,
    removed: false,
    archived: false,
    lineage: null,
    firstVersion: head + 1,
    lastVersion: head + count,
    changes: { text: `[${changes.join(",")}]` },
  };
  const at = Date.now();
  return { at, ageAt: at, spaces: [space], history: [], answers: [] };
}

/** Bare SQLite writes the same changes as rows: each record is replaced in its table, with one transaction for each group. */
function bareContender(directory: string, callers: number): Contender {
  const db = new DatabaseSync(join(directory, "bare.db"));
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  db.exec("CREATE TABLE records (id TEXT PRIMARY KEY, version INTEGER, text TEXT) WITHOUT ROWID");
  db.exec("CREATE TABLE head (version INTEGER); INSERT INTO head VALUES (0)");
  const put = db.prepare("REPLACE INTO records VALUES (?, ?, ?)");
  const raise = db.prepare("UPDATE head SET version = ?");
  let head = 0;
  return {
    name: "bare",
    commit() {
      db.exec("BEGIN IMMEDIATE");
      for (let n = 0; n < callers; n += 1) {
        head += 1;
        put.run(`host-${head % RECORDS}`, head, RECORD_TEXT);
      }
      raise.run(head);
      db.exec("COMMIT");
    },
    inWorker: () => 0,
    async finish() {
      if (db.prepare("SELECT version FROM head").get()?.version !== head)
        throw new Error("rows are missing: the run is void");
      db.close();
    },
  };
}

class Course {
  readonly contender: Contender;
  readonly times: number[] = [];
  readonly roundMs: number[] = [];
  readonly loopP99Ms: number[] = [];

  constructor(contender: Contender) {
    this.contender = contender;
  }

  /** It commits one group after the other, with a turn of the event loop between them, as the manager does. */
  async round(commits: number): Promise<void> {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const started = performance.now();
    for (let n = 0; n < commits; n += 1) {
      const before = performance.now();
      await this.contender.commit();
      this.times.push(performance.now() - before);
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.roundMs.push(performance.now() - started);
    delay.disable();
    // The histogram holds the time between two looks. What is above its resolution is delay.
    this.loopP99Ms.push(Math.max(0, delay.percentile(99) / 1e6 - 1));
  }

  result(bare: Course, { commits, callers }: Setting): Result {
    const ratios = this.roundMs.map((ms, round) => (bare.roundMs[round] as number) / ms);
    return {
      name: this.contender.name,
      changesPerSecond: (commits * callers * 1_000) / quantile(this.roundMs, 0.5),
      ofBare: quantile(ratios, 0.5),
      commitP50Ms: quantile(this.times, 0.5),
      commitP99Ms: quantile(this.times, 0.99),
      loopP99Ms: quantile(this.loopP99Ms, 0.5),
      inWorker: this.contender.inWorker(),
    };
  }
}

function quantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(share * (values.length - 1))] ?? 0;
}

async function runHere(setting: Setting): Promise<Result[]> {
  const directory = mkdtempSync(join(tmpdir(), "neverstale-bench-"));
  try {
    const contenders = [bareContender(directory, setting.callers)];
    for (const writer of ["inline", "worker", "auto"] as const) {
      contenders.push(await storeContender(directory, writer, setting.callers));
    }
    const warmUp = contenders.map((contender) => new Course(contender));
    for (const course of warmUp) await course.round(setting.commits);
    const courses = contenders.map((contender) => new Course(contender));
    for (let round = 0; round < setting.rounds; round += 1)
      for (const course of courses) await course.round(setting.commits);
    const results = courses.map((course) => course.result(courses[0] as Course, setting));
    for (const contender of contenders) await contender.finish();
    return results;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const CHILD = "--run";

function runInChild(setting: Setting, syncDelayMs: number): Result[] {
  const inject = `inject=fsync,fdatasync:delay_enter=${syncDelayMs * 1_000}`;
  const slowed = ["strace", "-f", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e", inject];
  const own = [process.execPath, "--conditions=source", import.meta.filename, CHILD, JSON.stringify(setting)];
  const words = syncDelayMs === 0 ? own : [...slowed, ...own];
  const child = spawnSync(words[0] as string, words.slice(1), {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (child.status !== 0) throw new Error(`the run ended with ${child.status}`);
  return JSON.parse(child.stdout) as Result[];
}

function main(smoke: boolean): void {
  const delays = spawnSync("strace", ["-V"]).status === 0 ? [0, 2, 50] : [0];
  if (delays.length === 1) console.error("No strace here: only this disk as it is was measured.");
  console.log(`${cpus().length} cores, Node ${process.version}, SQLite ${process.versions.sqlite}`);
  console.log(
    "| sync delayed by | callers | writer | changes/s | of bare | commit p50 ms | p99 ms | event loop p99 ms | in worker |",
  );
  console.log("|--:|--:|---|--:|--:|--:|--:|--:|--:|");
  const all = delays.flatMap((delayMs) =>
    [1, 64].flatMap((callers) => {
      const long =
        delayMs === 0
          ? { rounds: 60, commits: 60 }
          : { rounds: delayMs === 2 ? 20 : 8, commits: delayMs === 2 ? 30 : 10 };
      const setting = { callers, ...(smoke ? { rounds: 3, commits: 5 } : long) };
      const results = runInChild(setting, delayMs);
      for (const result of results) printRow(delayMs, callers, result);
      return results.map((result) => ({ delayMs, callers, ...result }));
    }),
  );
  console.log(JSON.stringify({ bench: "store-writer", node: process.version, cores: cpus().length, results: all }));
}

function printRow(delayMs: number, callers: number, result: Result): void {
  const { name, changesPerSecond, ofBare, commitP50Ms, commitP99Ms, loopP99Ms, inWorker } = result;
  const cells = [
    changesPerSecond.toFixed(0),
    ofBare.toFixed(2),
    commitP50Ms.toFixed(2),
    commitP99Ms.toFixed(2),
    loopP99Ms.toFixed(1),
  ];
  console.log(`| ${delayMs} ms | ${callers} | ${name} | ${cells.join(" | ")} | ${inWorker.toFixed(2)} |`);
}

const at = process.argv.indexOf(CHILD);
if (at > 0) console.log(JSON.stringify(await runHere(JSON.parse(process.argv[at + 1] as string) as Setting)));
else main(process.argv.includes("--smoke"));
