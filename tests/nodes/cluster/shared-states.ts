/** The shared states are what the clients of one process show: one state for each version, whoever shows it. */

import { gunzipSync } from "node:zlib";
import {
  addHash,
  applyDiff,
  type DeltaMessage,
  decodeServerMessage,
  type FullStateMessage,
  formatDigest,
  fromWireState,
  type MutableState,
  type RecordHash,
  recordHash,
  type ServerMessage,
  type SyncMessage,
  subtractHash,
  ZERO_HASH,
} from "@neverstale/protocol";

/** It is never altered, but for the frames that it has met. */
export interface Shown {
  readonly version: number;
  readonly records: MutableState;
  readonly sum: RecordHash;
  /** They came to clients that showed this state. */
  readonly frames: KnownFrame[];
}

export interface KnownFrame extends After {
  readonly payload: Buffer;
  readonly isBinary: boolean;
  /** It is null where this build does not know the message. */
  readonly message: ServerMessage | null;
}

interface After {
  /** This is shown after the frame. */
  readonly next: Shown;
  /** The frame breaks a rule of the protocol in this way. */
  readonly problem: string | null;
}

/**
 * A fan-out sends the same bytes to thousands. To decode and apply them thousands of times would leave no time for the nodes that
 * are to be tried. So each distinct frame is decoded and applied once for each state that it meets, and every byte of every client
 * is compared with what is known. Clients that show one version show one state: a frame that leads to a version with another
 * digest than an earlier frame did is a problem (promise P1).
 */
export class SharedStates {
  readonly nothing: Shown = { version: -1, records: {}, sum: ZERO_HASH, frames: [] };
  readonly #known = new Map<number, { readonly sum: RecordHash; shown: WeakRef<Shown> }>();

  /** The payload is copied where it has to be kept. */
  read(shown: Shown, payload: Buffer, isBinary: boolean): KnownFrame {
    for (const known of shown.frames) if (known.isBinary === isBinary && known.payload.equals(payload)) return known;
    const message = decodeServerMessage((isBinary ? gunzipSync(payload) : payload).toString());
    const frame = { payload: Buffer.from(payload), isBinary, message, ...this.#after(shown, message) };
    shown.frames.push(frame);
    return frame;
  }

  /** The first states lead on to all later ones. They are let go of once everybody has one. */
  forgetFirst(): void {
    this.nothing.frames.length = 0;
  }

  #after(shown: Shown, message: ServerMessage | null): After {
    switch (message?.type) {
      case "init":
      case "full_state":
        return this.#full(shown, message);
      case "delta":
        return this.#delta(shown, message);
      case "sync":
        return { next: shown, problem: problemOfSync(shown, message) };
      default:
        return { next: shown, problem: null };
    }
  }

  #full(shown: Shown, { version, digest, payload }: FullStateMessage): After {
    const records = fromWireState(payload);
    let sum = ZERO_HASH;
    for (const [name, collection] of Object.entries(records))
      for (const [id, record] of collection) sum = addHash(sum, recordHash(name, id, record));
    if (formatDigest(sum) !== digest)
      return { next: shown, problem: `the full state at ${version} has another digest` };
    if (version < shown.version)
      return { next: shown, problem: `a full state leads from ${shown.version} to ${version}` };
    return this.#at(version, records, sum);
  }

  /** A collection that moves is copied, since others may still show the state before. */
  #delta(shown: Shown, { from, version, payload }: DeltaMessage): After {
    if (version <= shown.version) return { next: shown, problem: null };
    if (from !== shown.version) return { next: shown, problem: `a delta from ${from} came at ${shown.version}` };
    const records = { ...shown.records };
    for (const name of Object.keys(payload)) records[name] = new Map(records[name]);
    let { sum } = shown;
    const fits = applyDiff(records, payload, (name, id, before, after) => {
      if (before !== undefined) sum = subtractHash(sum, recordHash(name, id, before));
      if (after !== undefined) sum = addHash(sum, recordHash(name, id, after));
    });
    if (!fits) return { next: shown, problem: `the delta from ${from} alters a record that isn't there` };
    return this.#at(version, records, sum);
  }

  #at(version: number, records: MutableState, sum: RecordHash): After {
    const known = this.#known.get(version);
    const next = known?.shown.deref() ?? { version, records, sum, frames: [] };
    if (known === undefined) this.#known.set(version, { sum, shown: new WeakRef(next) });
    else known.shown = new WeakRef(next);
    const isSame = known === undefined || formatDigest(known.sum) === formatDigest(sum);
    return { next, problem: isSame ? null : `there are two states at version ${version}` };
  }
}

function problemOfSync(shown: Shown, { version, digest }: SyncMessage): string | null {
  if (version !== shown.version) return `a sync at ${version} came at ${shown.version}`;
  const own = formatDigest(shown.sum);
  return digest === undefined || digest === own ? null : `the digest at ${version} is ${digest}, and not ${own}`;
}
