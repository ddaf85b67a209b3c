/** Messages are written as text: whole, or in pieces where a message is large or shared by many. */

import type { Diff } from "../diff/diff.ts";
import type { StateRecord } from "../json/json.ts";
import type {
  ClientMessage,
  FullStateMessage,
  PlainClientMessage,
  PlainServerMessage,
  ServerMessage,
} from "./messages.ts";

/** The facts of a resumed connection, or of a step, become members of the `sync` itself. */
export function encodeMessage(
  message: ServerMessage | ClientMessage | PlainServerMessage | PlainClientMessage,
): string {
  if (message.type !== "sync" || !("resumed" in message)) return JSON.stringify(message);
  const { resumed, ...sync } = message;
  return JSON.stringify({ ...sync, ...resumed });
}

/** In a view it carries the ticket of `version` (rule V15). */
export function encodeDelta(from: number, version: number, diff: Diff, ticket: string | null = null): string {
  return `${deltaOpening(from, version, ticket)}${JSON.stringify(diff)}}`;
}

/** It writes the delta of the plain profile. `change` is the change as JSON. */
export function encodePlainDelta(version: number, change: string): string {
  return `{"type":"delta","version":${version},"payload":${change}}`;
}

function deltaOpening(from: number, version: number, ticket: string | null): string {
  const proof = ticket === null ? "" : `,"ticket":${JSON.stringify(ticket)}`;
  return `{"type":"delta","from":${from},"version":${version}${proof},"payload":`;
}

/** So many members of a diff are encoded in one go. */
const MEMBERS_A_PIECE = 256;

/** One call for many records costs two thirds of a call for each record. A call for more chars than this brings nothing. */
const RECORDS_A_PIECE = 256;
const PIECE_CHARS = 128 * 1024;

/**
 * It writes a large delta piece by piece, so that others have their turn between two pieces. No record may be altered meanwhile.
 */
export function* deltaPieces(
  from: number,
  version: number,
  diff: Diff,
  ticket: string | null = null,
): Generator<string> {
  yield `${deltaOpening(from, version, ticket)}{`;
  let separator = "";
  for (const [name, { put = [], remove = [], set = {}, unset = {} }] of Object.entries(diff)) {
    yield `${separator}${JSON.stringify(name)}:{"put":[`;
    yield* pieces(put, (record) => JSON.stringify(record));
    yield '],"set":{';
    yield* pieces(Object.entries(set), member);
    yield '},"unset":{';
    yield* pieces(Object.entries(unset), member);
    yield '},"remove":[';
    yield* pieces(remove, (id) => JSON.stringify(id));
    yield "]}";
    separator = ",";
  }
  yield "}}";
}

/** These facts stand before the records in a full state. */
export type FullStateFacts = Omit<FullStateMessage, "payload">;

/** A full state is written from the records of each collection. */
export interface CollectionRecords {
  readonly name: string;
  readonly records: readonly StateRecord[];
}

/** It writes a full state piece by piece, each of some records. */
export function* fullStatePieces(facts: FullStateFacts, collections: readonly CollectionRecords[]): Generator<string> {
  yield `${JSON.stringify(facts).slice(0, -1)},"payload":{`;
  yield* statePieces(collections);
}

/** It writes a full state of the plain profile, in which the version is all that stands before the records. */
export function* plainFullStatePieces(
  type: "init" | "full_state",
  version: number,
  collections: readonly CollectionRecords[],
): Generator<string> {
  yield `{"type":"${type}","version":${version},"payload":{`;
  yield* statePieces(collections);
}

/** It writes the state and the end of the message. */
function* statePieces(collections: readonly CollectionRecords[]): Generator<string> {
  let separator = "";
  for (const { name, records } of collections) {
    yield `${separator}${JSON.stringify(name)}:[`;
    let count = 1;
    for (let from = 0; from < records.length; ) {
      const list = JSON.stringify(records.slice(from, from + count)).slice(1, -1);
      yield from === 0 ? list : `,${list}`;
      from += count;
      count = list.length > PIECE_CHARS ? Math.max(1, count >> 1) : Math.min(count * 2, RECORDS_A_PIECE);
    }
    yield "]";
    separator = ",";
  }
  yield "}}";
}

function member([id, value]: readonly [string, unknown]): string {
  return `${JSON.stringify(id)}:${JSON.stringify(value)}`;
}

function* pieces<T>(items: readonly T[], textOf: (item: T) => string): Generator<string> {
  for (let at = 0; at < items.length; at += MEMBERS_A_PIECE) {
    const piece = items
      .slice(at, at + MEMBERS_A_PIECE)
      .map(textOf)
      .join(",");
    yield at === 0 ? piece : `,${piece}`;
  }
}
