/** The load speaks to deepstream on its JSON endpoint: challenge, login, then a record and its patches by path. */

import type { Dialect, FrameReading, FrameReplay, LoadConnection } from "../../harness/contender.ts";
import type { BenchRecord } from "../../harness/records.ts";
import { type Hosts, JSON_PATH, RECORD, recordOfEntry } from "./server.ts";

const CONNECTION_TOPIC = 2;
const AUTH_TOPIC = 3;
const RECORD_TOPIC = 5;
const PING = 2;
const ACCEPT = 4;
const CHALLENGE = 5;
const LOGIN = 2;
const LOGGED_IN = 3;
const READ_RESPONSE = 4;
const UPDATE = 18;
const PATCH = 19;
const FOLLOW = 23;
const PING_EVERY_MS = 25_000;

type Stored = Hosts[string];

interface Message {
  readonly topic: number;
  readonly action: number;
  readonly version?: number;
  readonly path?: string;
  readonly parsedData?: unknown;
}

export function makeDialect(): Dialect {
  return {
    upgrade: () => ({ path: JSON_PATH }),
    opened: (connection) =>
      say(connection, { topic: CONNECTION_TOPIC, action: CHALLENGE, url: "", protocolVersion: "0.1" }),
    isOwn: (start) => !start.subarray(0, RECORD_START.length).equals(RECORD_START),
    own: greet,
    read: (payload) => reading(parse(payload)),
    replay: () => new DeepstreamReplay(),
    heartbeat: { everyMs: PING_EVERY_MS, message: JSON.stringify({ topic: CONNECTION_TOPIC, action: PING }) },
  };
}

const RECORD_START = Buffer.from(`{"topic":${RECORD_TOPIC},`);

function say(connection: LoadConnection, message: object): void {
  connection.send(JSON.stringify(message));
}

function greet(connection: LoadConnection, payload: Buffer): void {
  const { topic, action } = parse(payload);
  if (topic === CONNECTION_TOPIC && action === ACCEPT)
    say(connection, { topic: AUTH_TOPIC, action: LOGIN, data: "{}" });
  if (topic !== AUTH_TOPIC || action !== LOGGED_IN) return;
  say(connection, { topic: RECORD_TOPIC, action: FOLLOW, names: [RECORD], correlationId: "1" });
}

function parse(payload: Buffer): Message {
  return JSON.parse(payload.toString()) as Message;
}

function isFull({ action }: Message): boolean {
  return action === READ_RESPONSE || action === UPDATE;
}

function reading(message: Message): FrameReading {
  if (isFull(message)) {
    const seqs = Object.values(message.parsedData as Hosts).map((host) => host.metrics.seq);
    return { seq: seqs.reduce((a, b) => Math.max(a, b), 0), changes: 0, restarts: true };
  }
  if (message.action !== PATCH) return { seq: 0, changes: 0, restarts: false };
  return { seq: (message.parsedData as Stored["metrics"]).seq, changes: 1, restarts: false };
}

class DeepstreamReplay implements FrameReplay {
  #hosts: Record<string, Stored> = {};
  #version = 0;

  apply(payload: Buffer): void {
    const message = parse(payload);
    if (isFull(message)) this.#hosts = { ...(message.parsedData as Hosts) };
    else if (message.action === PATCH) this.#patch(message);
    else return;
    this.#version = message.version ?? 0;
  }

  #patch({ path = "", version, parsedData }: Message): void {
    if (version !== this.#version + 1) throw new Error(`a gap: at ${this.#version}, got version ${version}`);
    const id = path.slice(0, path.indexOf("."));
    const host = this.#hosts[id];
    if (host === undefined) throw new Error(`no record ${id}`);
    this.#hosts[id] = { ...host, metrics: parsedData as Stored["metrics"] };
  }

  records(): Iterable<BenchRecord> {
    return Object.values(this.#hosts).map(recordOfEntry);
  }
}
