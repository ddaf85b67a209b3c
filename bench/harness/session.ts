/** A session is one contender that was started and joined by its clients: every network workload works with it. */

import { mkdirSync, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ContenderEntry } from "./contender.ts";
import type { LoadApi } from "./load/load-process.ts";
import { type Child, startChild } from "./processes/child.ts";
import type { ServerProcessApi } from "./processes/server-process.ts";
import type { RecordShape } from "./records.ts";

export const BENCH_FOLDER = new URL("../", import.meta.url);
const DATA_FOLDER = fileURLToPath(new URL(".data/", BENCH_FOLDER));
const TMPFS_MAGIC = 0x01021994;
const LEVEL_TIMEOUT_MS = 60_000;
const SERVER_CORE = 0;
const LOAD_CORE = 1;

export interface BenchSession {
  readonly server: Child<ServerProcessApi>;
  readonly load: Child<LoadApi>;
  readonly port: number;
  readonly clients: number;
  readonly records: number;
}

export interface SessionOptions {
  readonly contender: ContenderEntry;
  readonly clients: number;
  readonly records: number;
  /** They are flat, unless this says otherwise. */
  readonly shape?: RecordShape;
  /**
   * As a rule the server's threads run where the kernel puts them, as in production, and the load, which is one thread, stays
   * on one core. Where latency is measured, the server stays on the other core. Else a thread that waits for the disk would wake
   * on the core of the load now and then.
   */
  readonly pinServer?: boolean;
}

/** A void run says nothing about speed: clients were not level, or their states were not equal to the server's. */
export class VoidRun extends Error {
  override readonly name = "VoidRun";
}

/** It starts both processes, hands them to `work`, and ends them whatever happens. */
export async function withBenchSession<T>(
  options: SessionOptions,
  work: (session: BenchSession) => Promise<T>,
): Promise<T> {
  const folder = newDataFolder();
  const engine = options.contender.kind === "engine";
  const server = startChild<ServerProcessApi>({
    name: `${options.contender.name} server`,
    module: "processes/server-process.ts",
    core: options.pinServer === true ? SERVER_CORE : null,
    engine,
    ...(options.contender.program === undefined ? {} : { program: options.contender.program }),
  });
  const load = startChild<LoadApi>({
    name: `${options.contender.name} load`,
    module: "load/load-process.ts",
    core: LOAD_CORE,
    engine,
  });
  try {
    const channel = `${folder}/progress.sock`;
    const { contender, records, clients } = options;
    const { port } = await server.call.start({
      server: new URL(contender.server, BENCH_FOLDER).href,
      variant: contender.variant ?? "",
      records,
      shape: options.shape ?? "flat",
      folder,
      channel,
    });
    await load.call.prepare({ client: new URL(contender.client, BENCH_FOLDER).href, clients, channel });
    return await work({ server, load, port, clients, records });
  } finally {
    await Promise.all([load.stop(), server.stop()]);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/** It starts a second process of clients, for those who come later. It hands it to `work`, and ends it whatever happens. */
export async function withNewcomers<T>(
  contender: ContenderEntry,
  clients: number,
  work: (newcomers: Child<LoadApi>) => Promise<T>,
): Promise<T> {
  const newcomers = startChild<LoadApi>({
    name: `${contender.name} newcomers`,
    module: "load/load-process.ts",
    core: LOAD_CORE,
    engine: contender.kind === "engine",
  });
  try {
    await newcomers.call.prepare({ client: new URL(contender.client, BENCH_FOLDER).href, clients, channel: null });
    return await work(newcomers);
  } finally {
    await newcomers.stop();
  }
}

/** It starts a contender's server alone, on all cores. `under` is put before its command. */
export async function withServer<T>(
  options: Pick<SessionOptions, "contender" | "records" | "shape"> & { readonly under?: readonly string[] },
  work: (server: Child<ServerProcessApi>) => Promise<T>,
): Promise<T> {
  const { contender, records, under = [] } = options;
  const folder = newDataFolder();
  const server = startChild<ServerProcessApi>({
    name: `${contender.name} server`,
    module: "processes/server-process.ts",
    core: null,
    engine: contender.kind === "engine",
    under,
  });
  try {
    const entry = new URL(contender.server, BENCH_FOLDER).href;
    await server.call.start({
      server: entry,
      variant: contender.variant ?? "",
      records,
      shape: options.shape ?? "flat",
      folder,
      channel: `${folder}/progress.sock`,
    });
    return await work(server);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/** It closes the server, and throws `VoidRun` when its store does not hold what the server showed. */
export async function verifyStored(server: Child<ServerProcessApi>): Promise<void> {
  const { failure } = await server.call.asked();
  if (failure !== null) throw new VoidRun(`a change was refused: ${failure}`);
  const { shown, stored } = await server.call.closedDigests();
  if (shown !== stored) throw new VoidRun(`the server showed ${shown}, its store holds ${stored}`);
}

/** It makes an empty folder on a real disk, as durable numbers on a RAM disk would say nothing. */
export function newDataFolder(): string {
  mkdirSync(DATA_FOLDER, { recursive: true });
  if (statfsSync(DATA_FOLDER).type === TMPFS_MAGIC)
    throw new Error(`${DATA_FOLDER} is on a RAM disk; durable runs need a real one`);
  return mkdtempSync(`${DATA_FOLDER}run-`);
}

/** All clients join. It returns the time from the first connection to the moment when the last client is level. */
export function joinAll({ load, port, records }: BenchSession): Promise<number> {
  return load.call.join({ port, seq: records, timeoutMs: LEVEL_TIMEOUT_MS });
}

/** Other clients join and go again, so that what follows is not the first work of two new processes. */
export function visit({ load, port, records }: BenchSession, clients: number): Promise<void> {
  return load.call.visit({ port, seq: records, clients, timeoutMs: LEVEL_TIMEOUT_MS });
}

/** All clients come back. It returns the time from the first connection to the moment when all have what they missed. */
export async function rejoinAll({ server, load, port }: BenchSession): Promise<number> {
  const { seq } = await server.call.asked();
  return load.call.join({ port, seq, timeoutMs: LEVEL_TIMEOUT_MS });
}

/** It waits until every client has every change, and throws `VoidRun` when a client's state is not the server's. */
export async function verifySession(session: BenchSession): Promise<void> {
  await settled(session);
  await compared(session);
}

/** It waits until every client has every change, and throws `VoidRun` when that does not come to be. */
export async function settled({ server, load }: BenchSession): Promise<void> {
  const { seq, failure } = await server.call.asked();
  if (failure !== null) throw new VoidRun(`a change was refused: ${failure}`);
  try {
    await load.call.level({ seq, timeoutMs: LEVEL_TIMEOUT_MS });
  } catch (error) {
    throw new VoidRun(error instanceof Error ? error.message : String(error));
  }
}

/** It replays what every client received, and throws `VoidRun` when that is not the server's state. */
export async function compared({ server, load, clients }: BenchSession): Promise<void> {
  const [wanted, found] = await Promise.all([server.call.digest(), load.call.digests()]);
  if (found[wanted] === clients) return;
  throw new VoidRun(`the server's digest is ${wanted}, the clients' are ${JSON.stringify(found)}`);
}
