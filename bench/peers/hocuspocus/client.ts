/** The load speaks to Hocuspocus as its provider does: it signs in, says what it has, and takes updates of Yjs. */

import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import * as Y from "yjs";
import type { Dialect, FrameReading, FrameReplay, LoadConnection } from "../../harness/contender.ts";
import type { BenchRecord } from "../../harness/records.ts";
import { DOCUMENT_NAME, hostsOf, recordsOfDocument } from "./document.ts";

/** These are two of the protocol's message types. */
const SYNC = 0;
const AUTH = 2;
const SYNC_REPLY = 4;
const STATELESS = 5;
/** These are the kinds of a sync message. */
const STATE_VECTOR = 0;
const MISSING = 1;

const TOKEN = 0;
/** The name of the document, with its length, comes first in every message. */
const TYPE_AT = 1 + DOCUMENT_NAME.length;
const STAY_EVERY_MS = 30_000;

export function makeDialect(): Dialect {
  return new HocuspocusDialect();
}

function message(...parts: readonly (number | string | Uint8Array)[]): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarString(encoder, DOCUMENT_NAME);
  for (const part of parts) {
    if (typeof part === "number") encoding.writeVarUint(encoder, part);
    else if (typeof part === "string") encoding.writeVarString(encoder, part);
    else encoding.writeVarUint8Array(encoder, part);
  }
  return encoding.toUint8Array(encoder);
}

class HocuspocusDialect implements Dialect {
  /** Frames are read in the order in which they are first seen. */
  readonly #reader = new YjsReplay();
  /** Without a heartbeat the server closes a connection that says nothing for a minute. */
  readonly heartbeat = { everyMs: STAY_EVERY_MS, message: message(STATELESS, "") };

  upgrade() {
    return { path: "/" };
  }

  opened(connection: LoadConnection): void {
    connection.send(message(AUTH, TOKEN, ""));
  }

  isOwn(start: Buffer): boolean {
    const type = start[TYPE_AT];
    return (type !== SYNC && type !== SYNC_REPLY) || start[TYPE_AT + 1] === STATE_VECTOR;
  }

  own(connection: LoadConnection, payload: Buffer): void {
    const type = payload[TYPE_AT];
    if (type === AUTH) connection.send(message(SYNC, STATE_VECTOR, stateVectorOf(connection.position)));
    if (type === SYNC) connection.send(message(SYNC, MISSING, NOTHING));
  }

  read(payload: Buffer): FrameReading {
    const { seq, changes } = this.#reader.apply(payload);
    return { seq, changes, restarts: false, position: this.#reader.stateVector() };
  }

  replay(): YjsReplay {
    return new YjsReplay();
  }
}

const NOTHING = Y.encodeStateAsUpdate(new Y.Doc());

function stateVectorOf(position: unknown): Uint8Array {
  return position instanceof Uint8Array ? position : Y.encodeStateVector(new Y.Doc());
}

class YjsReplay implements FrameReplay {
  readonly #document = new Y.Doc();
  readonly #hosts = hostsOf(this.#document);

  /** It returns the highest `seq` and the number of changes that the frame brought. An update may hold what is known already. */
  apply(payload: Buffer): { seq: number; changes: number } {
    const decoder = decoding.createDecoder(payload);
    decoding.readVarString(decoder);
    decoding.readVarUint(decoder);
    decoding.readVarUint(decoder);
    const update = decoding.readVarUint8Array(decoder);
    let seq = 0;
    let changes = 0;
    const note = (events: readonly Y.YEvent<Y.AbstractType<unknown>>[]): void => {
      for (const { target, keys } of events) {
        const touched =
          target === this.#hosts
            ? [...keys.keys()].map((id) => this.#hosts.get(id))
            : [target as Y.Map<unknown>].values();
        if (target !== this.#hosts) changes += keys.has("seq") ? 1 : 0;
        for (const host of touched) seq = Math.max(seq, Number(host?.get("seq")));
      }
    };
    this.#hosts.observeDeep(note);
    Y.applyUpdate(this.#document, update);
    this.#hosts.unobserveDeep(note);
    return { seq, changes };
  }

  stateVector(): Uint8Array {
    return Y.encodeStateVector(this.#document);
  }

  records(): Iterable<BenchRecord> {
    return recordsOfDocument(this.#document);
  }
}
