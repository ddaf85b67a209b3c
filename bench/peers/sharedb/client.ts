/** The load speaks to ShareDB: a handshake, then a subscription from a version, and operations of json0. */

import ShareDB from "sharedb";
import type { Dialect, FrameReading, FrameReplay, LoadConnection } from "../../harness/contender.ts";
import type { BenchRecord } from "../../harness/records.ts";
import { SHAREDB_COLLECTION, SHAREDB_DOCUMENT } from "./server.ts";

interface Component {
  readonly p: readonly [id: string, field: string];
  readonly oi: unknown;
}

type Hosts = Readonly<Record<string, BenchRecord>>;

interface Message {
  readonly a: string;
  readonly v?: number;
  readonly data?: { readonly v: number; readonly data: Hosts };
  readonly op?: readonly Component[];
}

const json0 = ShareDB.types.defaultType;

export function makeDialect(): Dialect {
  return {
    upgrade: () => ({ path: "/" }),
    opened: (connection) => connection.send(JSON.stringify({ a: "hs", id: null, protocol: 1, protocolMinor: 2 })),
    isOwn: (start) => !SHARED.some((shared) => start.subarray(0, shared.length).equals(shared)),
    own: subscribe,
    read: (payload) => reading(parse(payload)),
    replay: () => new ShareDbReplay(),
  };
}

/** Answers to a subscription begin so, with a snapshot and without, and so do operations. */
const SHARED = ['{"data"', '{"a":"s"', '{"a":"op"'].map((start) => Buffer.from(start));

/** It follows the handshake. The greeting for which old clients wait is passed over. */
function subscribe(connection: LoadConnection, payload: Buffer): void {
  if (parse(payload).a === "hs") {
    connection.send(JSON.stringify({ a: "s", c: SHAREDB_COLLECTION, d: SHAREDB_DOCUMENT, v: connection.position }));
  }
}

function parse(payload: Buffer): Message {
  const message = JSON.parse(payload.toString()) as Message & { readonly error?: unknown };
  if (message.error !== undefined) throw new Error(JSON.stringify(message.error));
  return message;
}

function reading({ a, v, data, op }: Message): FrameReading {
  if (data !== undefined) {
    const seq = Object.values(data.data).reduce((highest, record) => Math.max(highest, record.seq), 0);
    return { seq, changes: 0, restarts: true, position: data.v };
  }
  if (a !== "op" || op === undefined) return { seq: 0, changes: 0, restarts: false };
  const seqs = op.filter(({ p }) => p[1] === "seq").map(({ oi }) => Number(oi));
  return { seq: Math.max(...seqs), changes: seqs.length, restarts: false, position: Number(v) + 1 };
}

class ShareDbReplay implements FrameReplay {
  #hosts: Hosts = {};
  #version = 0;

  apply(payload: Buffer): void {
    const { a, v, data, op } = parse(payload);
    if (data !== undefined) {
      this.#hosts = structuredClone(data.data);
      this.#version = data.v;
    }
    if (a !== "op" || v === undefined || v < this.#version) return;
    if (v !== this.#version) throw new Error(`a gap: at ${this.#version}, got an operation on ${v}`);
    this.#hosts = json0.apply(this.#hosts, op) as Hosts;
    this.#version = v + 1;
  }

  records(): Iterable<BenchRecord> {
    return Object.values(this.#hosts);
  }
}
