/** A replica and its mutations need this of each other. A replica without mutations has none of their code. */

import type { DeltaMessage, FullStateMessage, JsonValue, MutatedMessage, Mutation } from "@neverstale/protocol";
import type { Environment } from "../environment/environment.ts";
import type { SyncState, WaiterOutcome } from "../machine/state.ts";
import type { SyncStatus } from "../machine/status.ts";
import type { ReplicaRecords } from "../records/replica-records.ts";
import type { EffectPosition } from "../requests/answer.ts";
import type { CsrfTokens } from "../requests/csrf.ts";
import type { Said, Transport } from "../transport/transport.ts";

/** This makes the mutations of a replica. `mutations()` gives one. */
export type MakeMutations = (host: MutationHost) => ReplicaMutations;

/** A replica offers this to its mutations. */
export interface MutationHost {
  readonly io: Environment;
  readonly options: { readonly url: string };
  readonly csrf: CsrfTokens;
  readonly records: ReplicaRecords;
  readonly machine: SyncState;
  readonly status: SyncStatus;
  httpUrl(path: string): string;
  serverNow(): number;
  /** It is told what became of a position, in the very step in which the state gets there (rule D2). */
  whenReached(position: EffectPosition, told: (outcome: WaiterOutcome) => void): void;
  /** Runs something that changes what is shown, and then tells those who read it. */
  change(run: () => void): void;
  signOut(options: SignOutOptions): Promise<void>;
}

export interface SignOutOptions {
  /**
   * This becomes of mutations that are kept over a reload. "drop": they are dropped, in all pages of the browser. "keep": they wait, unseen,
   * until the same user signs in again. By default a sign-out rejects with `mutations_left` while there are any.
   */
  readonly mutations?: "drop" | "keep";
}

export type Deliver = (frame: string | Uint8Array, said?: Said) => void;

/** The frames of one connection wait here while an answer is out that says what they have. */
export interface GatedFrames {
  push(frame: string | Uint8Array, said?: Said): void;
  /** They wait no longer. */
  release(): void;
  /** It returns false where none waits, and otherwise calls `run` when none does any more. */
  whenTaken(run: () => void): boolean;
}

/** A replica has this of its mutations. */
export interface ReplicaMutations {
  readonly pending: readonly PendingMutation[];
  /** It returns whether `pending` is another list than when this was last asked. */
  collectMoved(): boolean;
  /** Takes away what is laid over the records, which are those of the authority then. The message is about to be applied to them. */
  lift(applied?: DeltaMessage | FullStateMessage): void;
  /** Lays the mutations that are pending over the records again (rule U10). */
  lay(): void;
  /** A connection is opened. It returns the lines that are to be named there (rule U11). */
  connecting(): readonly string[];
  /** The frames of this connection come through it. */
  gate(deliver: Deliver): GatedFrames;
  mutated(message: MutatedMessage): void;
  /** A full state has taken the place of what there was. */
  replaced(): void;
  mutate(mutation: Mutation, args: JsonValue, options: MutateOptions): Promise<MutationOutcome>;
  pendingOf(collection: string, id: string): readonly PendingMutation[];
  drop(key: string): boolean;
  /** There is a session. */
  start(): void;
  /** There may be a network again. */
  hurry(): void;
  stop(): void;
  /** The user has gone: nothing of what was asked for is shown any more. */
  clear(): void;
  /** No connection is opened before the mutations that were kept are shown (rule U19). */
  hold(transport: Transport): Transport;
  /** The user is about to sign out. Where the promise rejects nothing happens. Null: nothing stands against it. */
  signOut(options?: SignOutOptions): Promise<void> | null;
}

export interface MutateOptions {
  /** With false the effect is not shown before it is in the state, and with true it is. The mutation's own `optimistic` is the default. */
  readonly optimistic?: boolean;
}

/** It is told to whoever asked for a mutation. */
export type MutationOutcome<Answer = JsonValue> =
  /** Its effect is in the state from `position` on: `reached` waits for it (rule D2). */
  | { readonly type: "done"; readonly answer: Answer; readonly position: EffectPosition }
  /** It never takes effect. `code` is for programs, `detail` for people. */
  | { readonly type: "refused"; readonly code: string; readonly detail: string }
  /** It was dropped before it was sent. */
  | { readonly type: "dropped" }
  /** It was sent, and nobody knows what became of it. */
  | { readonly type: "unknown"; readonly key: string; readonly detail: string };

/** A mutation whose outcome is not known yet, or whose effect is not in the state yet. */
export interface PendingMutation {
  /** It is the line and the number, as `line.n`. */
  readonly key: string;
  readonly name: string;
  readonly args: JsonValue;
  /** The wall clock said this when it was asked for, in milliseconds since 1970. */
  readonly at: number;
  /** It has been sent at least once, so it can't be dropped any more. */
  readonly wasSent: boolean;
  /** It outlives a reload of the page. It is false where mutations are not kept, and for a moment after it was asked for. */
  readonly isKept: boolean;
  /** These records it concerns, where its effect is shown. */
  readonly concerns: readonly { readonly collection: string; readonly id: string }[];
}
