/** An engine stands behind the public face: it holds the spaces, and has changes decided and stored. */

import type { AnyState, AskedChange, LineAnswer, LineRequest, SyncError } from "@neverstale/protocol";
import type { Confirming } from "../followers/confirming/confirming.ts";
import type { MutationCaller } from "../mutations/line-step.ts";
import type { MutationDesk } from "../mutations/mutation-desk.ts";
import type { Spaces } from "../space/spaces.ts";
import type { Feed } from "./feed.ts";
import type { Problems } from "./opening/problems.ts";
import type { Applied, Decide, TransactOptions } from "./transaction.ts";

/** It is alone on its store, or one node of several. */
export interface Engine {
  /** A node that has reloaded has others. */
  readonly spaces: Spaces;
  readonly feed: Feed;
  readonly problems: Problems;
  readonly desk: MutationDesk;
  readonly isWriting: boolean;
  /** This says why the process must end. It is null while it need not. */
  readonly failure: SyncError | null;
  /** This says why nobody is served now. It is null while everybody is. */
  readonly refusal: SyncError | null;
  /** It is null where it is alone on its store. */
  readonly confirming: Confirming | null;
  /** It is null where it is alone on its store. */
  readonly node: NodeStatus | null;
  apply(change: AskedChange, options: TransactOptions): Promise<Applied>;
  transact(decide: Decide<AnyState>, options: TransactOptions): Promise<Applied>;
  mutate(request: LineRequest, caller: MutationCaller): Promise<LineAnswer>;
  /** It begins a new term in this process. */
  takeOver(): Promise<void>;
  /** It resolves with true once every node has taken in what is committed now, and with false after 3 s (rule N7). */
  untilTakenIn(): Promise<boolean>;
  onTerm(work: TermWork): () => void;
  metrics(): Record<string, number>;
  /** It makes the others take over what runs only once. It resolves when this one is not the writer any more (rule T5). */
  drain(): Promise<void>;
  /** It closes the store too. */
  close(): Promise<void>;
}

/**
 * It runs only where changes are decided: timers and drivers that must not run twice (rule T7). It returns how to stop, which is
 * called when the term ends. It may begin again in a later term, here or at another node, so it goes by what the state says.
 */
export type TermWork = () => () => void;

export interface NodeStatus {
  readonly role: NodeRole;
  /** This is the newest takeover that it knows of: the epoch, and where the writer can be reached. It is null before the first. */
  readonly term: { readonly epoch: string; readonly address: string | null } | null;
  /** It doesn't serve before it has seen that its history goes on (rule N9). */
  readonly isServing: boolean;
  /** It has applied so many entries less than it knows of. */
  readonly lag: number;
  /** It asked so many milliseconds ago for what it last learned to be the newest. */
  readonly confirmationAgeMs: number;
  /** So many nodes were listed when it looked last, itself among them. */
  readonly listed: number;
}

export type NodeRole = "follower" | "writer" | "reloading";
