/** The load speaks TinyBase's synchronizer protocol. */

import { createMergeableStore, type MergeableChanges, type MergeableStore } from "tinybase";
import type { Dialect, FrameReading, FrameReplay, LoadConnection } from "../../harness/contender.ts";
import type { BenchRecord } from "../../harness/records.ts";
import { PATH, recordsOfTable, TABLE } from "./server.ts";

const SERVER = "S";
const RESPONSE = 0;
const CONTENT_DIFF = 3;
const GET_TABLE_DIFF = 4;
const GET_ROW_DIFF = 5;
const GET_CELL_DIFF = 6;

/** A client names its requests so. The answers to the first two lead on to the third, and are for this client alone. */
const TABLES = "tables";
const ROWS = "rows";
const CELLS = "cells";
const ALL = "all";

type Changes = MergeableChanges<false>;
type Packet = readonly [request: string | null, message: number, body: unknown];

/**
 * A new client asks for all tables. One that comes back compares hashes of tables, rows and cells, one level after the other.
 * TinyBase's own store computes the hashes and merges.
 */
export function makeDialect(): Dialect {
  return new TinyBaseDialect();
}

class TinyBaseDialect implements Dialect {
  /** All frames that were read so far are in this store, and they are counted. */
  readonly #store = createMergeableStore();
  #frames = 0;
  /** The first client that came back from a position asked this. The others, who were there, too, ask the same. */
  readonly #questions = new Map<string, string>();

  upgrade() {
    return { path: `/${PATH}` };
  }

  opened(connection: LoadConnection): void {
    if (connection.position === null) connection.send(payloadOf(ALL, GET_TABLE_DIFF, {}));
    else this.#ask(connection, TABLES, GET_TABLE_DIFF, () => this.#store.getMergeableTableHashes());
  }

  #ask(connection: LoadConnection, request: string, message: number, body: () => unknown): void {
    const key = `${connection.position} ${request}`;
    const question = this.#questions.get(key) ?? payloadOf(request, message, body());
    this.#questions.set(key, question);
    connection.send(question);
  }

  isOwn(start: Buffer): boolean {
    return (
      OWN.some((own) => start.subarray(0, own.length).equals(own)) || !BROADCAST_OR_ANSWER.equals(start.subarray(0, 2))
    );
  }

  own(connection: LoadConnection, payload: Buffer): void {
    const [request, , body] = parse(payload);
    const differing = (body as readonly unknown[])[1];
    const tables = differing as Parameters<MergeableStore["getMergeableRowHashes"]>[0];
    const rows = differing as Parameters<MergeableStore["getMergeableCellHashes"]>[0];
    if (request === TABLES) this.#ask(connection, ROWS, GET_ROW_DIFF, () => this.#store.getMergeableRowHashes(tables));
    if (request === ROWS) this.#ask(connection, CELLS, GET_CELL_DIFF, () => this.#store.getMergeableCellHashes(rows));
  }

  read(payload: Buffer): FrameReading {
    const packet = parse(payload);
    const changes = changesOf(packet);
    if (changes === null) return { seq: 0, changes: 0, restarts: false };
    this.#store.applyMergeableChanges(changes);
    this.#frames += 1;
    const seqs = seqsOf(changes);
    const restarts = packet[0] === ALL;
    return {
      seq: seqs.reduce((a, b) => Math.max(a, b), 0),
      changes: restarts ? 0 : seqs.length,
      restarts,
      position: this.#frames,
    };
  }

  replay(): TinyBaseReplay {
    return new TinyBaseReplay();
  }
}

const BROADCAST_OR_ANSWER = Buffer.from(`${SERVER}\n`);
const OWN = [TABLES, ROWS].map((request) => Buffer.from(`${SERVER}\n["${request}"`));

function payloadOf(request: string, message: number, body: unknown): string {
  return `${SERVER}\n${JSON.stringify([request, message, body])}`;
}

function parse(payload: Buffer): Packet {
  const text = payload.toString();
  return JSON.parse(text.slice(text.indexOf("\n") + 1)) as Packet;
}

/** It returns what a packet brings to the tables, and null when it brings nothing. */
function changesOf([request, message, body]: Packet): Changes | null {
  if (message === CONTENT_DIFF) return body as Changes;
  if (message !== RESPONSE) return null;
  const tables = request === ALL ? (body as readonly unknown[])[0] : body;
  return [tables, [{}], 1] as unknown as Changes;
}

function seqsOf(changes: Changes): number[] {
  const rows = Object.values(changes[0][0][TABLE]?.[0] ?? {});
  return rows.flatMap((row) => (row?.[0].seq === undefined ? [] : [Number(row[0].seq[0])]));
}

class TinyBaseReplay implements FrameReplay {
  readonly #store = createMergeableStore();

  apply(payload: Buffer): void {
    const changes = changesOf(parse(payload));
    if (changes !== null) this.#store.applyMergeableChanges(changes);
  }

  records(): Iterable<BenchRecord> {
    return recordsOfTable(this.#store);
  }
}
