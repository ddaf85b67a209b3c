/**
 * What a durable commit costs (docs/decisions/0001-where-the-commit-runs.md): the store, with its writer inline, in its
 * worker and where it chooses, beside bare `node:sqlite` that writes the same number of rows for each sync.
 *
 * `node --conditions=source bench/store-writer.ts [--smoke] [--rounds 5]`. Slow disks are made with strace, where there is one: it
 * delays each sync. Every run is a process of its own, and ends by reading back what it wrote.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { DatabaseSync } from "node:sqlite";
import type { CommitGroup, Store } from "../packages/server/src/store/contract.ts";
import { sqliteStore } from "../packages/server/src/store/io/sqlite-store.ts";

type Writer = "bare" | "inline" | "worker" | "auto";

interface Run {
  readonly writer: Writer;
  /** Callers that each wait for their change before they make the next: a group commit takes one of each. */
  readonly callers: number;
  readonly seconds: number;
}

interface Outcome {
  readonly changesPerSecond: number;
  readonly commitP50Ms: number;
  readonly commitP99Ms: number;
  readonly loopP99Ms: number;
  /** Share of commits that ran in the worker. */
  readonly inWorker: number;
}

const RECORDS = 1_000;
const RECORD_TEXT = JSON.stringify({ id: "host-0000", note: "x".repeat(370) });

/** One group after the other, with a turn of the event loop between them, as the manager has it. */
async function measure(
  seconds: number,
  commit: (n: number) => void | Promise<void>,
): Promise<Omit<Outcome, "inWorker">> {
  const warmUpUntil = performance.now() + Math.min(500, seconds * 250);
  let n = 0;
  for (; performance.now() < warmUpUntil; n += 1) await turnAfter(commit(n));
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const times: number[] = [];
  const started = performance.now();
  for (let now = started; now < started + seconds * 1_000; n += 1) {
    await turnAfter(commit(n));
    const ended = performance.now();
    times.push(ended - now);
    now = ended;
  }
  const tookSeconds = (performance.now() - started) / 1_000;
  delay.disable();
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(share * (times.length - 1))] ?? 0;
  // The histogram holds the time between two looks: what is over its resolution is delay.
  const loopP99Ms = Math.max(0, delay.percentile(99) / 1e6 - 1);
  return { changesPerSecond: times.length / tookSeconds, commitP50Ms: at(0.5), commitP99Ms: at(0.99), loopP99Ms };
}

async function turnAfter(work: void | Promise<void>): Promise<void> {
  await work;
  await new Promise((resolve) => setImmediate(resolve));
}

async function runStore(path: string, { writer, callers, seconds }: Run): Promise<Outcome> {
  const store: Store = sqliteStore(path, { writer: writer === "bare" ? "inline" : writer });
  await store.open();
  await store.beginEpoch("bench");
  let head = 0;
  const measured = await measure(seconds, () => {
    const group = nextGroup(head, callers);
    head += callers;
    return store.commit(group);
  });
  const metrics = store.metrics();
  const inWorker = (metrics.store_commits_in_worker_total ?? 0) / (metrics.store_commits_total ?? 1);
  await store.close();
  const { spaces } = await store.open();
  if (spaces[0]?.log.at(-1)?.lastVersion !== head) throw new Error("the store lost what it was given: the run is void");
  await store.close();
  return { ...measured, changesPerSecond: measured.changesPerSecond * callers, inWorker };
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
    lineage: null,
    firstVersion: head + 1,
    lastVersion: head + count,
    changes: `[${changes.join(",")}]`,
  };
  return { at: Date.now(), spaces: [space], history: [], answers: [] };
}

/** The same changes as rows: each record replaced in its table, the version beside it, one transaction for each group. */
async function runBare(path: string, { callers, seconds }: Run): Promise<Outcome> {
  const db = new DatabaseSync(path);
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  db.exec(
    "CREATE TABLE records (id TEXT PRIMARY KEY, version INTEGER, text TEXT) WITHOUT ROWID; CREATE TABLE head (version INTEGER)",
  );
  db.exec("INSERT INTO head VALUES (0)");
  const put = db.prepare("REPLACE INTO records VALUES (?, ?, ?)");
  const raise = db.prepare("UPDATE head SET version = ?");
  let head = 0;
  const measured = await measure(seconds, () => {
    db.exec("BEGIN IMMEDIATE");
    for (let n = 0; n < callers; n += 1) {
      head += 1;
      put.run(`host-${head % RECORDS}`, head, RECORD_TEXT);
    }
    raise.run(head);
    db.exec("COMMIT");
  });
  if (db.prepare("SELECT version FROM head").get()?.version !== head)
    throw new Error("rows are missing: the run is void");
  db.close();
  return { ...measured, changesPerSecond: measured.changesPerSecond * callers, inWorker: 0 };
}

const CHILD = "--run";

function runInChild(run: Run, syncDelayMs: number): Outcome {
  const wrapper =
    syncDelayMs === 0
      ? []
      : [
          "strace",
          "-f",
          "--seccomp-bpf",
          "-o",
          "/dev/null",
          "-e",
          "trace=fsync,fdatasync",
          "-e",
          `inject=fsync,fdatasync:delay_enter=${syncDelayMs * 1_000}`,
        ];
  const words = [...wrapper, process.execPath, "--conditions=source", import.meta.filename, CHILD, JSON.stringify(run)];
  const { status, stdout } = spawnSync(words[0] as string, words.slice(1), {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) throw new Error(`the run ended with ${status}`);
  return JSON.parse(stdout) as Outcome;
}

async function runHere(run: Run): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "neverstale-bench-"));
  try {
    const path = join(directory, "bench.db");
    console.log(JSON.stringify(await (run.writer === "bare" ? runBare(path, run) : runStore(path, run))));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function median(outcomes: readonly Outcome[]): Outcome {
  const byRate = [...outcomes].sort((a, b) => a.changesPerSecond - b.changesPerSecond);
  return byRate[Math.floor(byRate.length / 2)] as Outcome;
}

function main(smoke: boolean, rounds: number): void {
  const delays = spawnSync("strace", ["-V"]).status === 0 ? [0, 2, 50] : [0];
  if (delays.length === 1) console.error("No strace here: only this disk as it is was measured.");
  const results = [];
  console.log(
    `${cpus().length} cores, Node ${process.version}, SQLite ${process.versions.sqlite}; medians of ${rounds}`,
  );
  console.log(
    "| sync delayed by | callers | writer | changes/s | of bare | commit p50 ms | p99 ms | event loop p99 ms | in worker |",
  );
  console.log("|--:|--:|---|--:|--:|--:|--:|--:|--:|");
  for (const delayMs of delays) {
    for (const callers of [1, 64]) {
      const seconds = smoke ? 0.3 : delayMs === 50 ? 4 : 2;
      const writers: Writer[] = ["bare", "inline", "worker", "auto"];
      const outcomes = new Map<Writer, Outcome[]>(writers.map((writer) => [writer, []]));
      // Turn by turn, so that what else the machine does meets all of them.
      for (let round = 0; round < rounds; round += 1) {
        for (const writer of writers) outcomes.get(writer)?.push(runInChild({ writer, callers, seconds }, delayMs));
      }
      const bare = median(outcomes.get("bare") ?? []);
      for (const writer of writers) {
        const outcome = median(outcomes.get(writer) ?? []);
        results.push({
          delayMs,
          callers,
          writer,
          ...outcome,
          ofBare: outcome.changesPerSecond / bare.changesPerSecond,
        });
        const { changesPerSecond, commitP50Ms, commitP99Ms, loopP99Ms, inWorker } = outcome;
        const cells = [
          changesPerSecond.toFixed(0),
          (changesPerSecond / bare.changesPerSecond).toFixed(2),
          commitP50Ms.toFixed(2),
          commitP99Ms.toFixed(2),
          loopP99Ms.toFixed(1),
          inWorker.toFixed(2),
        ];
        console.log(`| ${delayMs} ms | ${callers} | ${writer} | ${cells.join(" | ")} |`);
      }
    }
  }
  console.log(JSON.stringify({ bench: "store-writer", node: process.version, cores: cpus().length, results }));
}

const at = process.argv.indexOf(CHILD);
if (at > 0) await runHere(JSON.parse(process.argv[at + 1] as string) as Run);
else {
  const smoke = process.argv.includes("--smoke");
  const rounds = process.argv.indexOf("--rounds");
  main(smoke, smoke ? 1 : rounds > 0 ? Number(process.argv[rounds + 1]) : 5);
}
