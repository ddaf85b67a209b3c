/**
 * A crowd of readers runs as a process of its own. Each has a state of its own, to which it applies what it is told by the rules of
 * the protocol. It is started as `node --conditions=source tests/nodes/reader-crowd.ts WAY URL COUNT`, where WAY is `polls` or `websocket`.
 *
 * It prints `level` once all have the state. A line `begin` on its input starts the counting. A line with a version ends it: once all
 * are there it prints what it has counted.
 */

import { Agent, get } from "node:http";
import { createInterface } from "node:readline";
import { gunzipSync } from "node:zlib";
import {
  applyDiff,
  type DeltaMessage,
  decodeServerMessage,
  digestOf,
  fromWireState,
  type MutableState,
  type ServerMessage,
} from "@neverstale/protocol";
import { WebSocket } from "ws";

export interface CrowdCounts {
  readonly digests: readonly string[];
  /** Each brought a reader further. */
  readonly messages: number;
  readonly requests: number;
  /** A digest that came at a reader's version was another one than its own so often. */
  readonly mismatches: number;
  /** These connections and answers were lost, and asked for again. */
  readonly failures: readonly string[];
  /** Between the moment at which a change was asked for at the writer and that at which a reader had it. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

async function main(way: string, url: string, count: number): Promise<void> {
  const counter = new Counter();
  const readers = Array.from({ length: count }, () =>
    way === "websocket" ? new SocketReader(url, counter) : new PollReader(url, counter),
  );
  const until = async (holds: (reader: Reader) => boolean) => {
    while (!readers.every(holds)) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  await until(({ isLevel }) => isLevel);
  console.log("level");
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === "begin") {
      counter.begin();
      continue;
    }
    await until(({ version, isLevel }) => isLevel && version === Number(line));
    console.log(JSON.stringify(counter.counts(readers)));
  }
  process.exit(0);
}

class Counter {
  messages = 0;
  requests = 0;
  mismatches = 0;
  readonly failures: string[] = [];
  #ages: number[] = [];

  begin(): void {
    this.messages = 0;
    this.requests = 0;
    this.failures.length = 0;
    this.#ages = [];
  }

  /** The newest change in a diff is as old as this. */
  delta({ payload }: DeltaMessage): void {
    this.messages += 1;
    const { put = [], set = {} } = payload.entries ?? {};
    const times = [...put, ...Object.values(set)].map(({ at }) => Number(at));
    this.#ages.push(Date.now() - Math.max(...times));
  }

  counts(readers: readonly Reader[]): CrowdCounts {
    const ages = this.#ages.sort((a, b) => a - b);
    const at = (share: number) => ages[Math.floor(ages.length * share)] ?? Number.NaN;
    const { messages, requests, mismatches, failures } = this;
    const digests = [...new Set(readers.map(({ state, version }) => `${version} ${digestOf(state)}`))];
    return { digests, messages, requests, mismatches, failures, p50Ms: at(0.5), p99Ms: at(0.99) };
  }
}

abstract class Reader {
  state: MutableState = {};
  version = -1;
  isLevel = false;
  protected readonly counter: Counter;

  constructor(counter: Counter) {
    this.counter = counter;
  }

  protected take(text: string): ServerMessage | null {
    const message = decodeServerMessage(text);
    if (message?.type === "init" || message?.type === "full_state") {
      this.state = fromWireState(message.payload);
      this.version = message.version;
    } else if (message?.type === "delta") {
      if (message.from !== this.version || !applyDiff(this.state, message.payload))
        throw new Error("a diff does not fit");
      this.version = message.version;
      this.isLevel = false;
      this.counter.delta(message);
    } else if (message?.type === "sync" && message.version === this.version && message.version === message.head) {
      const differs = message.digest !== undefined && message.digest !== digestOf(this.state);
      if (differs) this.counter.mismatches += 1;
      if (message.digest !== undefined) this.isLevel = !differs;
    }
    return message;
  }
}

class SocketReader extends Reader {
  readonly #url: string;

  constructor(url: string, counter: Counter) {
    super(counter);
    this.#url = `${url.replace("http", "ws")}?steps=1`;
    this.#connect();
  }

  #connect(): void {
    const socket = new WebSocket(this.#url, ["neverstale.v1"]);
    let received = 0;
    let told = 0;
    // What was taken in is told within a quarter of a second, as a replica does.
    const acks = setInterval(() => {
      if (received === told || socket.readyState !== WebSocket.OPEN) return;
      told = received;
      socket.send(JSON.stringify({ type: "ack", n: told }));
    }, 250);
    socket.on("message", (data: Buffer, isZipped: boolean) => {
      this.take((isZipped ? gunzipSync(data) : data).toString());
      received += 1;
    });
    socket.on("error", () => {}); // A close follows, and says what there is to say.
    socket.on("close", (code: number) => {
      clearInterval(acks);
      this.isLevel = false;
      this.counter.failures.push(`closed with ${code}`);
      setTimeout(() => this.#connect(), backoffMs());
    });
  }
}

function backoffMs(): number {
  return 500 + 1_000 * Math.random();
}

const AGENT = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 100_000 });

class PollReader extends Reader {
  readonly #url: string;
  #position = "";
  /** It is behind the position in the address of the next request. */
  #query = "?wait=0";

  constructor(url: string, counter: Counter) {
    super(counter);
    this.#url = url;
    void this.#follow();
  }

  async #follow(): Promise<void> {
    for (;;) {
      try {
        await (this.version < 0 ? this.#fetchState() : this.#poll());
      } catch (error) {
        this.counter.failures.push(String(error));
        this.#query = "?wait=0";
        await new Promise((resolve) => setTimeout(resolve, backoffMs()));
      }
    }
  }

  /** A node that does not hold the version sends the reader back to the way, as often as it takes. */
  async #fetchState(): Promise<void> {
    let url = `${this.#url}/snapshot`;
    for (;;) {
      const { location, text } = await this.#get(url);
      if (location === "") {
        const state = this.take(text);
        if (state?.type !== "full_state") throw new Error("there is no state");
        return this.#moveTo(state.epoch, state.space);
      }
      url = new URL(location, url).href;
    }
  }

  #moveTo(epoch: string, space: string): void {
    this.#position = `${encodeURIComponent(space)}/${encodeURIComponent(epoch)}`;
  }

  async #poll(): Promise<void> {
    const { text } = await this.#get(`${this.#url}/t/${this.#position}/${this.version}${this.#query}`);
    let last: ServerMessage | null = null;
    for (const line of text.split("\n")) {
      if (line === "") continue;
      last = this.take(line);
      if (last?.type === "sync" && last.resumed !== undefined) this.#moveTo(last.resumed.epoch, last.resumed.space);
    }
    this.#query = last?.type === "sync" ? `?after=${Math.floor((last.at ?? 0) / 5_000)}` : "";
  }

  #get(url: string): Promise<{ readonly text: string; readonly location: string }> {
    this.counter.requests += 1;
    return new Promise((resolve, reject) => {
      const asked = get(url, { agent: AGENT, timeout: 60_000 }, (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (piece: string) => {
          text += piece;
        });
        answer.on("error", reject);
        answer.on("end", () => {
          if ((answer.statusCode ?? 500) >= 400)
            reject(new Error(`${answer.statusCode} for ${url}: ${text.slice(0, 200)}`));
          else resolve({ text, location: answer.headers.location ?? "" });
        });
      });
      asked.on("timeout", () => asked.destroy(new Error("no answer")));
      asked.on("error", reject);
    });
  }
}

if (import.meta.main) await main(process.argv[2] ?? "", process.argv[3] ?? "", Number(process.argv[4]));
