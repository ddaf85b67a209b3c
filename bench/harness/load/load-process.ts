/** This process holds all clients of a run. The harness starts it, and it says nothing on its own. */

import { machineNow } from "../clock.ts";
import type { Dialect, MakeDialect } from "../contender.ts";
import { digestOfRecords } from "../digest.ts";
import { reportProgress } from "../processes/channel.ts";
import { type Api, serveCalls } from "../processes/rpc.ts";
import { type FrameNode, FrameTree, framesUpTo } from "./frame-tree.ts";
import { type ClientEvents, LoadClient } from "./load-client.ts";

/** A replica says within 250 ms what it has taken in, or at once after 256 KiB. */
const ACK_EVERY_MS = 250;
const ACK_AFTER_BYTES = 256 * 1024;
/** Acks and heartbeats are spread over the interval: in each of these slices another part of the clients is due. */
const SLICES = 25;
const CONNECTING_AT_ONCE = 128;

class Load implements ClientEvents {
  readonly clients: LoadClient[] = [];
  readonly #dialect: Dialect;
  readonly #tree: FrameTree;
  readonly #slices: LoadClient[][] = Array.from({ length: SLICES }, () => []);
  readonly #intervals: NodeJS.Timeout[] = [];
  #report: ((seq: number) => void) | null = null;
  #reported = 0;
  #reportScheduled = false;
  #waiting: {
    readonly seq: number;
    left: number;
    readonly resolve: (at: number) => void;
    readonly reject: (error: Error) => void;
  } | null = null;
  /** It holds triples (from, to, ms): a client took in the changes in (from, to] at that time. */
  #arrivals: number[] | null = null;
  #failure: string | null = null;

  constructor(dialect: Dialect, clients: number) {
    this.#dialect = dialect;
    this.#tree = new FrameTree(dialect);
    for (let index = 0; index < clients; index += 1) {
      const client = new LoadClient(index, dialect, this.#tree, this);
      this.clients.push(client);
      this.#slices[Math.floor(Math.random() * SLICES)]?.push(client);
    }
    if (dialect.ack !== undefined) this.#spread(ACK_EVERY_MS, (client) => client.ack());
    const { heartbeat } = dialect;
    if (heartbeat !== undefined) this.#spread(heartbeat.everyMs, (client) => client.send(heartbeat.message));
  }

  #spread(everyMs: number, act: (client: LoadClient) => void): void {
    let slice = 0;
    const next = (): void => {
      slice = (slice + 1) % SLICES;
      for (const client of this.#slices[slice] ?? []) act(client);
    };
    this.#intervals.push(setInterval(next, everyMs / SLICES));
  }

  async reportTo(path: string): Promise<void> {
    this.#report = await reportProgress(path);
  }

  lost(client: LoadClient, reason: string): void {
    this.#failure = `client ${client.index} lost its connection: ${reason}`;
    this.#waiting?.reject(new Error(this.#failure));
  }

  advanced(client: LoadClient, from: number): void {
    this.#arrivals?.push(from, client.seq, machineNow());
    if (client.unackedBytes > ACK_AFTER_BYTES) client.ack();
    const waiting = this.#waiting;
    if (waiting !== null && from < waiting.seq && client.seq >= waiting.seq) {
      waiting.left -= 1;
      if (waiting.left === 0) waiting.resolve(machineNow());
    }
    if (this.#report === null || this.#reportScheduled) return;
    this.#reportScheduled = true;
    setImmediate(() => this.#tellProgress());
  }

  #tellProgress(): void {
    this.#reportScheduled = false;
    let least = Number.POSITIVE_INFINITY;
    for (const client of this.clients) if (client.seq < least) least = client.seq;
    if (least <= this.#reported) return;
    this.#reported = least;
    this.#report?.(least);
  }

  /** It returns the time at which every client had taken in `seq`. It rejects after `timeoutMs`, or when a client is lost. */
  level(seq: number, timeoutMs: number): Promise<number> {
    const left = this.clients.filter((client) => client.seq < seq).length;
    if (this.#failure !== null) return Promise.reject(new Error(this.#failure));
    if (left === 0) return Promise.resolve(machineNow());
    return new Promise<number>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(this.#behind(seq))), timeoutMs);
      const ended =
        <T>(then: (value: T) => void) =>
        (value: T): void => {
          clearTimeout(timer);
          this.#waiting = null;
          then(value);
        };
      this.#waiting = { seq, left, resolve: ended(resolve), reject: ended(reject) };
    });
  }

  #behind(seq: number): string {
    const behind = this.clients.filter((client) => client.seq < seq);
    return `${behind.length} of ${this.clients.length} clients did not reach ${seq}; the first of them is at ${behind[0]?.seq}`;
  }

  async connectAll(port: number): Promise<void> {
    let next = 0;
    const connectNext = async (): Promise<void> => {
      for (let client = this.clients[next++]; client !== undefined; client = this.clients[next++])
        await client.connect(port);
    };
    await Promise.all(Array.from({ length: CONNECTING_AT_ONCE }, connectNext));
  }

  cutAll(): void {
    for (const client of this.clients) client.cut();
  }

  /** It cuts everyone off for good. */
  end(): void {
    this.cutAll();
    for (const interval of this.#intervals) clearInterval(interval);
  }

  watchArrivals(): void {
    this.#arrivals = [];
  }

  drainArrivals(): number[] {
    const arrivals = this.#arrivals ?? [];
    this.#arrivals = null;
    return arrivals;
  }

  counters(): Counters {
    let receivedBytes = 0;
    let changeFrames = 0;
    for (const client of this.clients) {
      receivedBytes += client.receivedBytes;
      changeFrames += client.changeFrames;
    }
    return { receivedBytes, changeFrames, cpuMs: cpuMs(), heapBytes: process.memoryUsage().heapUsed };
  }

  /** It says how many clients ended in a state of which digest. */
  digests(): Record<string, number> {
    const byNode = new Map<FrameNode, number>();
    for (const client of this.clients) byNode.set(client.node, (byNode.get(client.node) ?? 0) + 1);
    const byDigest: Record<string, number> = {};
    for (const [node, clients] of byNode) {
      const digest = this.#replay(node);
      byDigest[digest] = (byDigest[digest] ?? 0) + clients;
    }
    return byDigest;
  }

  #replay(node: FrameNode): string {
    const replay = this.#dialect.replay();
    for (const frame of framesUpTo(node)) replay.apply(frame.payload, frame.binary);
    return digestOfRecords(replay.records());
  }
}

interface Counters {
  /** It counts all bytes from the sockets, with the answers to the upgrade and the heads of frames. */
  readonly receivedBytes: number;
  readonly changeFrames: number;
  readonly cpuMs: number;
  readonly heapBytes: number;
}

interface Preparation {
  /** This is the URL of the contender's client entry. */
  readonly client: string;
  readonly clients: number;
  readonly channel: string | null;
}

interface Visit {
  readonly port: number;
  /** Each client has taken in this `seq` before it goes. */
  readonly seq: number;
  readonly clients: number;
  readonly timeoutMs: number;
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
}

let makeDialect: MakeDialect | null = null;
let load: Load | null = null;

function current(): Load {
  if (load === null) throw new Error("no clients yet");
  return load;
}

const api = {
  /** Without a `channel` nobody is told what was taken in. */
  async prepare({ client, clients, channel }: Preparation): Promise<void> {
    ({ makeDialect } = (await import(client)) as { makeDialect: MakeDialect });
    load = new Load(makeDialect(), clients);
    if (channel !== null) await load.reportTo(channel);
  },
  /**
   * It opens all connections at once, and returns the time from the first one to the moment when all clients had taken in `seq`.
   */
  async join({ port, seq, timeoutMs }: { port: number; seq: number; timeoutMs: number }): Promise<number> {
    const from = machineNow();
    const level = current().level(seq, timeoutMs);
    await Promise.all([current().connectAll(port), level]);
    return (await level) - from;
  },
  /** It opens all connections without waiting for anything. */
  async connect({ port }: { port: number }): Promise<void> {
    await current().connectAll(port);
  },
  cut(): void {
    current().cutAll();
  },
  /** So many others join and go again, and nothing of theirs is kept. */
  async visit({ port, seq, clients, timeoutMs }: Visit): Promise<void> {
    if (makeDialect === null) throw new Error("no clients yet");
    const visitors = new Load(makeDialect(), clients);
    try {
      await Promise.all([visitors.connectAll(port), visitors.level(seq, timeoutMs)]);
    } finally {
      visitors.end();
    }
  },
  async level({ seq, timeoutMs }: { seq: number; timeoutMs: number }): Promise<void> {
    await current().level(seq, timeoutMs);
  },
  watchArrivals(): void {
    current().watchArrivals();
  },
  drainArrivals(): number[] {
    return current().drainArrivals();
  },
  counters(): Counters {
    return current().counters();
  },
  connected(): number {
    return current().clients.filter((client) => client.connected).length;
  },
  digests(): Record<string, number> {
    return current().digests();
  },
} satisfies Api;

export type LoadApi = typeof api;

serveCalls(api);
