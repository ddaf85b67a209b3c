/** This process runs one contender's server and the producer of its changes. The harness starts it. */

import { monitorEventLoopDelay } from "node:perf_hooks";
import type { ContenderServer, StartServer } from "../contender.ts";
import { digestOfRecords } from "../digest.ts";
import { changeSource, nestedChangeSource, type RecordShape } from "../records.ts";
import { listenForProgress } from "./channel.ts";
import { Producer } from "./producer.ts";
import { type Api, serveCalls } from "./rpc.ts";

interface Started {
  readonly records: number;
  readonly server: ContenderServer;
  readonly producer: Producer;
}

let started: Started | null = null;

function current(): Started {
  if (started === null) throw new Error("the server was not started");
  return started;
}

interface StartArgument {
  /** This is the URL of the contender's server entry. */
  readonly server: string;
  readonly variant: string;
  readonly records: number;
  readonly shape: RecordShape;
  readonly folder: string;
  readonly channel: string;
}

/** A stretch of work cost this process so much. */
interface Cost {
  readonly wallMs: number;
  /** This is the time of all threads. */
  readonly cpuMs: number;
  readonly mainThreadCpuMs: number;
  readonly loopDelayP99Ms: number;
}

const LOOP_RESOLUTION_MS = 2;

function startCost(): () => Cost {
  const delay = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
  delay.enable();
  const wall = performance.now();
  const all = process.cpuUsage();
  const main = process.threadCpuUsage();
  return () => {
    delay.disable();
    const allUsed = process.cpuUsage(all);
    const mainUsed = process.threadCpuUsage(main);
    return {
      wallMs: performance.now() - wall,
      cpuMs: (allUsed.user + allUsed.system) / 1e3,
      mainThreadCpuMs: (mainUsed.user + mainUsed.system) / 1e3,
      loopDelayP99Ms: Math.max(0, delay.percentile(99) / 1e6 - LOOP_RESOLUTION_MS),
    };
  };
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function commitsOf(server: ContenderServer): number {
  return server.metrics().commits ?? server.metrics().writer_commits_total ?? Number.NaN;
}

let endCost: (() => Cost) | null = null;

const api = {
  /** `tookMs` is the time until the contender said that it serves. */
  async start(argument: StartArgument): Promise<{ port: number; tookMs: number }> {
    const { startServer } = (await import(argument.server)) as { startServer: (variant: string) => StartServer };
    const from = performance.now();
    const { records, shape, folder } = argument;
    const server = await startServer(argument.variant)({ records, shape, folder });
    const tookMs = performance.now() - from;
    const next = shape === "nested" ? nestedChangeSource(records) : changeSource(records);
    const producer = new Producer(records, next, (change) => server.change(change));
    started = { records, server, producer };
    await listenForProgress(argument.channel, (seq) => producer.progress(seq));
    return { port: server.port, tookMs };
  },
  /** It warms up, and then measures what every client takes in. It leaves changes under way: see `settled`. */
  async runWithin({
    bound,
    perTurn,
    warmUpMs,
    measureMs,
  }: {
    bound: number;
    perTurn: number;
    warmUpMs: number;
    measureMs: number;
  }): Promise<Cost & { confirmed: number }> {
    const { producer } = current();
    producer.runWithin(bound, perTurn);
    await sleep(warmUpMs);
    const confirmedBefore = producer.confirmed;
    const end = startCost();
    await sleep(measureMs);
    const cost = end();
    const confirmed = producer.confirmed - confirmedBefore;
    producer.stop();
    return { ...cost, confirmed };
  },
  async runAtRate({ perSecond, seconds }: { perSecond: number; seconds: number }): Promise<Cost & { commits: number }> {
    const { server, producer } = current();
    const commits = commitsOf(server);
    const end = startCost();
    await producer.runAtRate(perSecond, seconds);
    await producer.allDone();
    return { ...end(), commits: commitsOf(server) - commits };
  },
  /** So many writers ask for changes, each for its next one when the one before is done. */
  async runWriters({
    writers,
    warmUpMs,
    measureMs,
  }: {
    writers: number;
    warmUpMs: number;
    measureMs: number;
  }): Promise<Cost & { changes: number; commits: number }> {
    const { server, producer } = current();
    const ended = producer.runWriters(writers);
    await sleep(warmUpMs);
    const before = { seq: producer.done, commits: commitsOf(server) };
    const end = startCost();
    await sleep(measureMs);
    const cost = end();
    const after = { seq: producer.done, commits: commitsOf(server) };
    producer.stop();
    await ended;
    return { ...cost, changes: after.seq - before.seq, commits: after.commits - before.commits };
  },
  /** It asks for `count` changes at once, and answers when the contender says that they are done. */
  async apply({ count }: { count: number }): Promise<void> {
    const { producer } = current();
    for (let made = 0; made < count; made += 1) producer.one();
    await producer.allDone();
  },
  /** So many writers ask for `count` changes together. */
  async applyBy({ writers, count }: { writers: number; count: number }): Promise<void> {
    const { producer } = current();
    await producer.runWriters(writers, count);
    await producer.allDone();
  },
  /** It returns the newest change that was asked for, with the reason when one was refused. */
  asked(): { seq: number; failure: string | null } {
    const { producer } = current();
    return { seq: producer.asked, failure: producer.failure };
  },
  askedAt(): number[] {
    return current().producer.askedAt;
  },
  /** They are the times of the changes from `firstSeq` on. */
  storedAt({ firstSeq }: { firstSeq: number }): number[] {
    const { server, records } = current();
    if (server.storedAt === undefined) throw new Error("this contender does not say when a change is stored");
    return server.storedAt().slice(firstSeq - records - 1);
  },
  dueAt(): number[] {
    return current().producer.dueAt;
  },
  digest(): string {
    return digestOfRecords(current().server.records());
  },
  beginCost(): void {
    endCost = startCost();
  },
  endCost(): Cost {
    if (endCost === null) throw new Error("beginCost comes first");
    return endCost();
  },
  async memory(): Promise<{ heapBytes: number; rssBytes: number; externalBytes: number }> {
    for (let round = 0; round < 5; round += 1) {
      globalThis.gc?.();
      await sleep(50);
    }
    const { heapUsed, rss, external } = process.memoryUsage();
    return { heapBytes: heapUsed, rssBytes: rss, externalBytes: external };
  },
  metrics(): Readonly<Record<string, number>> {
    return current().server.metrics();
  },
  async close(): Promise<void> {
    await current().server.close();
  },
  /** It closes the server and opens the store anew. It returns the digest of what was shown last, and of what is stored. */
  async closedDigests(): Promise<{ shown: string; stored: string }> {
    const { server } = current();
    await server.close();
    if (server.stored === undefined) throw new Error("this contender stores nothing");
    return { shown: digestOfRecords(server.records()), stored: digestOfRecords(await server.stored()) };
  },
} satisfies Api;

export type ServerProcessApi = typeof api;

serveCalls(api);
