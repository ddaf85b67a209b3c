/** The node link is what a node needs of the others: entries as they are committed, forwarded calls, and a successor. */

import type { Millis } from "@neverstale/base";
import type { Change, LineAnswer, LineRequest } from "@neverstale/protocol";
import type { Applied, TransactOptions } from "../authority/transaction.ts";
import type { MutationCaller } from "../mutations/line-step.ts";
import type { ChainEntry, ChainHead } from "../store/contract.ts";
import type { AliveNode, NodeRow } from "../store/node-table.ts";
import type { ToldDigests } from "./digests/digest-telling.ts";

/** Nothing of it is needed for safety: what a link loses, the node reads in the store. */
export interface NodeLink {
  /** Entries come from the writer as they are committed, so the store need not be read as often. */
  readonly isUp: boolean;
  /** The writer sends an entry to every other node, once it is committed and before it publishes it itself (rule N2). */
  push(entry: ChainEntry): void;
  /**
   * Has the writer carry a call out (rule W1). It rejects with what the writer says, as a `SyncError`, and with a
   * `ForwardFailure` when there was no answer.
   */
  forward<Call extends ForwardedCall>(address: string, call: Call): Promise<AnswerTo<Call>>;
  /** Asks a node to take over at once, when it has applied all up to `place` (rule T5). It resolves with false when it won't. */
  succeed(node: AliveNode, place: ChainHead): Promise<boolean>;
  /** The node list as it was read last, with the tokens that the nodes know each other by (rule N11). */
  listed(nodes: readonly AliveNode[]): void;
  /** The writer tells every other node what its spaces are (rule N10). */
  tellDigests(told: ToldDigests): void;
  /** The node may have applied more: the writer is told (rule N7). */
  applied(): void;
  /**
   * It resolves with true as soon as each of these nodes has said that it has applied all up to `place`, and with false when one has
   * not after `ms`.
   */
  whenApplied(nodes: readonly AliveNode[], place: ChainHead, ms: Millis): Promise<boolean>;
  metrics(): Record<string, number>;
  close(): void;
}

/** A link is made for a node, and hands over what the others send. */
export type MakeNodeLink = (node: LinkedNode) => NodeLink;

/** A link needs this of its node. */
export interface LinkedNode {
  /** Its own row in the table of nodes. Others show its token. */
  readonly row: NodeRow;
  /** It has applied all up to this entry. */
  readonly place: ChainHead | null;
  /** It is the writer, and takes calls. */
  readonly isDeciding: boolean;
  /** The newest takeover that it knows of was made there. */
  readonly writerAddress: string | null;
  /** A node of this id has dialled this one. It may have listed itself a moment ago. */
  dialledBy(id: string): void;
  /** The writer has pushed an entry. */
  receive(entry: ChainEntry): void;
  /** The writer has told what its spaces are (rule N10). */
  compare(told: ToldDigests): void;
  /** Another node has forwarded a call. It rejects with `not_the_writer` when this is not the writer. */
  carryOut<Call extends ForwardedCall>(call: Call): Promise<AnswerTo<Call>>;
  /** The writer names this node as its successor. It resolves with true when it has taken over. */
  takeOverFrom(place: ChainHead): Promise<boolean>;
}

export type ForwardedCall = ForwardedChange | ForwardedLine;

export interface ForwardedChange {
  readonly change: Change;
  readonly options: TransactOptions;
}

/** It is a request of a line of mutations. The mutations are decided at the writer (rule U4). */
export interface ForwardedLine {
  readonly request: LineRequest;
  readonly caller: MutationCaller;
}

export type AnswerTo<Call extends ForwardedCall> = Call extends ForwardedLine ? LineAnswer : Applied;

export function isLine(call: ForwardedCall): call is ForwardedLine {
  return "request" in call;
}

/** There was no answer to a forwarded call. */
export class ForwardFailure extends Error {
  override readonly name = "ForwardFailure";
  /** With false the writer has not seen it, so it may be sent again. */
  readonly wasSent: boolean;

  constructor(wasSent: boolean, message: string, cause?: unknown) {
    super(message, { cause });
    this.wasSent = wasSent;
  }
}
