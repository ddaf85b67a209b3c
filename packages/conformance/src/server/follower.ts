/** A follower holds what a connection was told against the rules that bind all messages. */

import {
  type AnyState,
  applyDiff,
  type DeltaMessage,
  decodePlainServerMessage,
  decodeServerMessage,
  digestOf,
  type FullStateMessage,
  fromWireState,
  type HistoryFacts,
  type JsonObject,
  type MutableState,
  type PlainServerMessage,
  type Profile,
  SyncError,
  type SyncMessage,
} from "@neverstale/protocol";
import { brief, Violation } from "../scenario/violation.ts";
import { applyKnownChange } from "./known-changes.ts";

/** It knows the state that a connection was told so far. `receive` throws a `Violation` where a rule is broken. */
export interface Follower {
  /** It takes a message in, and returns it as the scenario sees it. */
  receive(text: string): JsonObject;
  /** It is null before the first state. */
  readonly version: number | null;
  readonly state: AnyState;
  /** A `get_state` or a check is sent now. `allAcked` means that no unacked full state can answer it (rule A8). */
  noteSent(message: JsonObject, allAcked: boolean): void;
  /** A `sync` with digest has said that this is the state at the head, and nothing has come since. */
  readonly level: boolean;
}

/** With `steps` the connection has asked for steps (rule E7). */
export function newFollower(
  profile: Profile,
  resumed: { version: number; state: AnyState } | null,
  steps = false,
): Follower {
  return profile === "plain" ? new PlainFollower() : new V1Follower(resumed, steps);
}

/** The door of our own replica decodes it. What this door refuses is no message (rule M3). */
function decoded<T>(decode: (text: string) => T, text: string): T {
  try {
    return decode(text);
  } catch (error) {
    if (error instanceof SyncError) throw new Violation("M3", `a message (${error.message})`, text.slice(0, 240));
    throw error;
  }
}

/** The full state that answers a `get_state` has not come yet. */
interface AwaitedAnswer {
  /** This check was sent after the `get_state`. Null means that none was. */
  checkBehind: number | null;
  /** The check was answered. The authority takes messages in order, so it has taken the `get_state`, too. */
  taken: boolean;
}

class V1Follower implements Follower {
  state: MutableState = {};
  version: number | null = null;
  level = false;
  #epoch: string | null = null;
  #space: string | null = null;
  /** It asked to resume at this position. It is null once the first message has answered. */
  #asked: { version: number; state: AnyState } | null;
  #messages = 0;
  #answer: AwaitedAnswer | null = null;
  readonly #takesSteps: boolean;

  constructor(resumed: { version: number; state: AnyState } | null, takesSteps: boolean) {
    this.#asked = resumed;
    this.#takesSteps = takesSteps;
  }

  noteSent(message: JsonObject, allAcked: boolean): void {
    if (message.type === "get_state" && allAcked) this.#answer ??= { checkBehind: null, taken: false };
    if (message.type === "check" && this.#answer !== null) this.#answer.checkBehind ??= message.n as number;
  }

  receive(text: string): JsonObject {
    const message = decoded(decodeServerMessage, text);
    const first = this.#messages === 0;
    this.#messages += 1;
    this.level = false;
    if (message === null) return JSON.parse(text) as JsonObject;
    switch (message.type) {
      case "init":
      case "full_state":
        this.#receiveState(message, first);
        break;
      case "delta":
        this.#receiveDelta(message, first);
        break;
      case "sync":
        this.#receiveSync(message, first);
        break;
      case "error":
        break;
    }
    return JSON.parse(text) as JsonObject;
  }

  #receiveState(message: FullStateMessage, first: boolean): void {
    if (first !== (message.type === "init")) {
      throw new Violation("M2", "an `init` first, and `full_state` later", `a \`${message.type}\``);
    }
    const { version, epoch, space, digest, payload, lineage } = message;
    if (this.#epoch === epoch && this.#space === space && this.version !== null && version < this.version) {
      throw new Violation("A8", `a full state at or above ${this.version}`, `one at ${version}`);
    }
    const state = fromWireState(payload);
    if (digestOf(state) !== digest) throw new Violation("G1", `the digest ${digestOf(state)} of the state`, digest);
    requireLineage(lineage, epoch, version);
    Object.assign(this, { state, version });
    this.#answer = null;
    this.#epoch = epoch;
    this.#space = space;
  }

  #receiveDelta(delta: DeltaMessage, first: boolean): void {
    if (first) throw new Violation("M2", "`init` or `sync` first", "a `delta`");
    if (this.#answer?.taken === true) throw new Violation("A8", "no delta before the answer to `get_state`", "a delta");
    if (delta.from !== this.version)
      throw new Violation("A4", `a delta from ${this.version}`, `one from ${delta.from}`);
    if (!applyDiff(this.state, delta.payload)) {
      throw new Violation("A4", `a diff of the state at ${delta.from}`, `one that alters a record that isn't there`);
    }
    this.version = delta.version;
  }

  #receiveSync(sync: SyncMessage, first: boolean): void {
    if (first) this.#receiveFirstSync(sync);
    if (this.#answer !== null && sync.check !== undefined && sync.check === this.#answer.checkBehind)
      this.#answer.taken = true;
    if (sync.version !== this.version) {
      throw new Violation("A7", `a sync with ${this.version}, the last version put here`, `one with ${sync.version}`);
    }
    if (!first && sync.resumed !== undefined) this.#receiveStep(sync.resumed, sync.version);
    if (sync.head < sync.version) throw new Violation("M2", `a head at or above ${sync.version}`, `${sync.head}`);
    if (sync.digest === undefined) return;
    const mine = digestOf(this.state);
    if (sync.digest !== mine)
      throw new Violation("G1", `the digest ${mine} of the state at ${sync.version}`, sync.digest);
    this.level = sync.version === sync.head;
  }

  #receiveStep({ epoch, space, lineage }: HistoryFacts, version: number): void {
    if (!this.#takesSteps) throw new Violation("E7", "no step where none was asked for", `one to ${epoch}`);
    const holds = lineage.some(([run, last]) => run === this.#epoch && last >= version);
    if (space !== this.#space || !holds)
      throw new Violation("E7", `a lineage that holds ${version} of ${this.#epoch}`, brief(lineage as never));
    requireLineage(lineage, epoch, version);
    this.#epoch = epoch;
  }

  #receiveFirstSync({ version, resumed }: SyncMessage): void {
    const asked = this.#asked;
    if (asked === null || resumed === undefined || version !== asked.version) {
      throw new Violation("E4", "a first sync only where a position was resumed, with its facts", `version ${version}`);
    }
    this.state = copyOf(asked.state);
    this.version = version;
    this.#epoch = resumed.epoch;
    this.#space = resumed.space;
    requireLineage(resumed.lineage, resumed.epoch, version);
  }
}

function requireLineage(lineage: FullStateMessage["lineage"], epoch: string, version: number): void {
  const last = lineage.at(-1);
  const sound = last !== undefined && last[0] === epoch && last[1] >= version && lineage.length <= 16;
  if (!sound) throw new Violation("M6", `a lineage of 1 to 16 epochs that ends with ${epoch}`, brief(lineage as never));
}

function copyOf(state: AnyState): MutableState {
  return Object.fromEntries(Object.entries(state).map(([name, records]) => [name, new Map(records)]));
}

class PlainFollower implements Follower {
  state: MutableState = {};
  version: number | null = null;
  /** The plain profile never says that this is the state at the head. */
  readonly level = false;

  noteSent(): void {} // The plain profile does not say when a `get_state` has been taken.

  receive(text: string): JsonObject {
    const message = decoded(decodePlainServerMessage, text);
    if (message !== null) this.#receive(message);
    return JSON.parse(text) as JsonObject;
  }

  #receive(message: PlainServerMessage): void {
    const mine = this.version;
    if ((mine === null) !== (message.type === "init")) {
      throw new Violation("M1", "`init` first, and once", `a \`${message.type}\``);
    }
    if (message.type === "sync") {
      if (message.version !== mine) {
        throw new Violation("A7", `a sync with ${mine}, the last version put here`, `one with ${message.version}`);
      }
      return;
    }
    if (message.type === "delta") {
      if (message.version !== (mine ?? 0) + 1) {
        throw new Violation("M1", `the delta ${(mine ?? 0) + 1}`, `the delta ${message.version}`);
      }
      applyKnownChange(this.state, message.payload);
    } else {
      if (mine !== null && message.version < mine) {
        throw new Violation("A8", `a full state at or above ${mine}`, `one at ${message.version}`);
      }
      this.state = fromWireState(message.payload);
    }
    this.version = message.version;
  }
}
