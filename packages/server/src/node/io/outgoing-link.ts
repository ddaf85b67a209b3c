/** An outgoing link leads to one other node: this node dials it, pushes entries, and asks; the other one answers. */

import { backoffMs } from "@neverstale/base";
import { SyncError } from "@neverstale/protocol";
import { type ClientOptions, WebSocket } from "ws";
import type { Applied } from "../../authority/transaction.ts";
import type { ChainHead } from "../../store/contract.ts";
import type { NodeRow } from "../../store/node-table.ts";
import type { NodeLinkCounts, NodeLinkLimits } from "../link/link-limits.ts";
import { type Answered, answeredIn, errorTold, type LinkSaid } from "../link/messages.ts";
import { PushQueue } from "../link/push-queue.ts";
import { Reachability, type UnreachableNode, whyUnreachable } from "../link/reachability.ts";
import { type ForwardedCall, ForwardFailure } from "../node-link.ts";
import { NodeLine } from "./line.ts";
import { ADDRESS_HEADER, LINK_PROTOCOL, NODE_HEADER, TOKEN_HEADER } from "./link-headers.ts";

export class OutgoingLink {
  /** The other node has said that it has applied all up to here. */
  place: ChainHead | null = null;
  readonly #parts: OutgoingParts;
  #queue: PushQueue;
  #line: NodeLine | null = null;
  #failures = 0;
  readonly #reachability: Reachability;
  #timer: NodeJS.Timeout | null = null;
  #dialling: WebSocket | null = null;
  #isClosed = false;
  #whenOpen: () => void = () => {};
  #lastId = 0;
  readonly #asked = new Map<number, Asked>();
  /** They are told when the connection breaks. */
  readonly #watchers = new Set<() => void>();

  constructor(parts: OutgoingParts) {
    this.#parts = parts;
    this.#reachability = new Reachability(parts.limits.unreachableMs);
    this.#queue = this.#newQueue();
    this.#dial();
  }

  get row(): NodeRow {
    return this.#parts.to;
  }

  get isOpen(): boolean {
    return this.#line !== null;
  }

  /** Nobody could dial that node for long. */
  get isLost(): boolean {
    return this.#reachability.isLost;
  }

  get queue(): { readonly entries: number; readonly bytes: number } {
    return this.#queue;
  }

  /** `frame` is an entry as a message. A node that owes too much reads the store instead. */
  push(frame: Buffer): void {
    const line = this.#line;
    if (line === null) return;
    if (this.#queue.add(frame.length)) return line.sendNow(frame);
    this.#parts.counts.slow += 1;
    line.end();
  }

  alive(): void {
    this.#line?.send(ALIVE);
  }

  /** `frame` is a message that needs no answer, and that nothing depends on. */
  tell(frame: Buffer): void {
    this.#line?.sendNow(frame);
  }

  forward(call: ForwardedCall): Promise<Applied> {
    const { limits } = this.#parts;
    const id = this.#nextId();
    const text = linkText({ type: "call", id, call });
    if (Buffer.byteLength(text) > limits.messageBytes) return Promise.reject(tooLarge(limits.messageBytes));
    return this.#ask(id, text, limits.answerMs, (answer) => (answer.type === "applied" ? answer.applied : null));
  }

  /** A node that has just listed itself is dialled just now. */
  async succeed(place: ChainHead): Promise<boolean> {
    await this.#untilOpen();
    const id = this.#nextId();
    const text = linkText({ type: "succeed", id, place });
    return this.#ask(id, text, SUCCEED_MS, (answer) => (answer.type === "succeeded" ? answer.isTaken : null));
  }

  /** `run` is called when the connection breaks. This returns how to take it back. */
  whenGone(run: () => void): () => void {
    this.#watchers.add(run);
    return () => this.#watchers.delete(run);
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#dialling?.terminate();
    this.#line?.end();
  }

  async #untilOpen(): Promise<void> {
    if (this.#line !== null) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, OPEN_MS);
      this.#whenOpen = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#whenOpen = () => {};
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  #ask<Result>(id: number, text: string, ms: number, take: (answer: Answered) => Result | null): Promise<Result> {
    const line = this.#line;
    if (line === null) return Promise.reject(new ForwardFailure(false, "there is no link to that node"));
    return new Promise<Result>((resolve, reject) => {
      const timer = setTimeout(() => this.#end(id)?.reject(noAnswer()), ms).unref();
      const answered = (answer: Answered): boolean => {
        const result = take(answer);
        if (result !== null) resolve(result);
        return result !== null;
      };
      this.#asked.set(id, { timer, answered, reject });
      line.send(text);
    });
  }

  #end(id: number): Asked | null {
    const asked = this.#asked.get(id) ?? null;
    if (asked !== null) clearTimeout(asked.timer);
    this.#asked.delete(id);
    return asked;
  }

  #dial(): void {
    this.#timer = null;
    const socket = this.#socket();
    if (socket === null) return this.#failed(null);
    this.#dialling = socket;
    let failure: Error | null = null;
    let wasOpen = false;
    socket.once("open", () => {
      wasOpen = true;
      this.#opened(socket);
    });
    socket.on("error", (error) => {
      failure = error; // It closes then.
    });
    socket.once("close", () => (wasOpen ? this.#retry() : this.#failed(failure)));
  }

  /** It is null where the address in the table is none. */
  #socket(): WebSocket | null {
    const { to, own, path, limits, tls } = this.#parts;
    const url = urlOf(to.address, path);
    if (url === null) return null;
    return new WebSocket(url, LINK_PROTOCOL, {
      ...tls,
      headers: { [TOKEN_HEADER]: to.token, [NODE_HEADER]: own.id, [ADDRESS_HEADER]: own.address },
      handshakeTimeout: limits.silentMs,
      maxPayload: limits.messageBytes,
      perMessageDeflate: false,
      followRedirects: false,
      // Masks keep pages from writing what a cache would take for http. There is no page here, and zeros cost nothing.
      generateMask: (mask) => void mask.fill(0),
    });
  }

  #opened(socket: WebSocket): void {
    const { limits, counts } = this.#parts;
    this.#dialling = null;
    this.#failures = 0;
    this.#reachability.reached();
    this.#queue = this.#newQueue();
    const received = (text: string) => this.#received(text);
    this.#line = new NodeLine(socket, { limits, counts, received, ended: () => this.#ended() });
    this.alive();
    this.#whenOpen();
  }

  #ended(): void {
    this.#line = null;
    this.place = null;
    this.#queue = this.#newQueue();
    for (const id of [...this.#asked.keys()]) this.#end(id)?.reject(noAnswer());
    for (const run of [...this.#watchers]) run();
  }

  #failed(failure: Error | null): void {
    const { to, unreachable } = this.#parts;
    if (!this.#isClosed && this.#reachability.failed(performance.now()))
      unreachable({ address: to.address, why: whyUnreachable(failure) });
    this.#retry();
  }

  #retry(): void {
    this.#dialling = null;
    if (this.#isClosed) return;
    this.#failures += 1;
    this.#timer = setTimeout(() => this.#dial(), backoffMs(REDIAL, this.#failures, Math.random())).unref();
  }

  #received(text: string): boolean {
    const answer = answeredIn(text);
    if (answer === null) return false;
    if (answer.type !== "at") return this.#answered(answer);
    this.place = answer.place;
    this.#parts.moved();
    return this.#queue.heard(answer.heard);
  }

  /** An answer that came too late is nobody's. */
  #answered(answer: Exclude<Answered, { type: "at" }>): boolean {
    const asked = this.#end(answer.id);
    if (asked === null) return true;
    if (answer.type === "refused") asked.reject(errorTold(answer.error));
    else if (!asked.answered(answer)) asked.reject(noAnswer());
    return true;
  }

  #newQueue(): PushQueue {
    const { pushedEntries: entries, pushedBytes: bytes } = this.#parts.limits;
    return new PushQueue({ entries, bytes });
  }
}

interface OutgoingParts {
  readonly to: NodeRow;
  readonly own: NodeRow;
  readonly path: string;
  readonly limits: NodeLinkLimits;
  readonly counts: NodeLinkCounts;
  readonly tls: LinkTls;
  /** The other node has applied more. */
  readonly moved: () => void;
  readonly unreachable: (node: UnreachableNode) => void;
}

/** These are options of Node's TLS, for addresses that begin with `https:`. */
export type LinkTls = Pick<ClientOptions, "ca" | "cert" | "key">;

interface Asked {
  readonly timer: NodeJS.Timeout;
  /** It returns false for an answer to another question. */
  readonly answered: (answer: Answered) => boolean;
  readonly reject: (error: Error) => void;
}

export function linkText(message: LinkSaid | Answered): string {
  return JSON.stringify(message);
}

function urlOf(address: string, path: string): string | null {
  const url = URL.parse(address);
  if (url === null || !(url.protocol === "http:" || url.protocol === "https:")) return null;
  return `${url.protocol === "https:" ? "wss:" : "ws:"}//${url.host}${path}`;
}

function noAnswer(): ForwardFailure {
  return new ForwardFailure(true, "the node gave no answer");
}

function tooLarge(most: number): SyncError {
  return new SyncError("invalid_change", "the call is too large to be sent to the node that decides changes", {
    hint: `A call has at most ${most} bytes as a message between nodes: make several of it.`,
  });
}

const ALIVE = linkText({ type: "alive" });
/** A successor that hasn't taken over by then is not waited for: the next node is asked, or none. */
const SUCCEED_MS = 1_000;
/** A successor that can't be reached by then is not waited for either. */
const OPEN_MS = 500;
const REDIAL = { firstMs: 100, longestMs: 2_000, floorMs: 50 };
