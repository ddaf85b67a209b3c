/** An outgoing link leads to one other node: this node dials it, pushes entries, and asks; the other one answers. */

import { backoffMs } from "@neverstale/base";
import { type ClientOptions, WebSocket } from "ws";
import type { ChainHead } from "../../store/contract.ts";
import type { NodeRow } from "../../store/node-table.ts";
import type { NodeLinkCounts, NodeLinkLimits } from "../link/link-limits.ts";
import { type Answered, answeredIn, type LinkSaid } from "../link/messages.ts";
import { PushQueue } from "../link/push-queue.ts";
import { Reachability, type UnreachableNode, whyUnreachable } from "../link/reachability.ts";
import type { AnswerTo, ForwardedCall } from "../node-link.ts";
import { NodeLine } from "./line.ts";
import { ADDRESS_HEADER, LINK_PROTOCOL, NODE_HEADER, TOKEN_HEADER } from "./link-headers.ts";
import { noAnswer, notSent, OutgoingCalls } from "./outgoing-calls.ts";

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
  readonly #calls: OutgoingCalls;
  #lastSuccession = 0;
  /** They wait for the answer of a node that was named the successor. Null stands for none. */
  readonly #successions = new Map<number, (isTaken: boolean | null) => void>();
  /** They are told when the connection breaks. */
  readonly #watchers = new Set<() => void>();

  constructor(parts: OutgoingParts) {
    this.#parts = parts;
    this.#reachability = new Reachability(parts.limits.unreachableMs);
    this.#queue = this.#newQueue();
    this.#calls = new OutgoingCalls({ limits: parts.limits, send: (message) => this.#line?.send(message) });
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
    if (this.#queue.add(frame.length)) return line.send(frame);
    this.#parts.counts.slow += 1;
    line.end();
  }

  alive(): void {
    this.#line?.send(ALIVE);
  }

  /** `frame` is a message that needs no answer, and that nothing depends on. */
  tell(frame: Buffer): void {
    this.#line?.send(frame);
  }

  forward<Call extends ForwardedCall>(call: Call): Promise<AnswerTo<Call>> {
    return this.#line === null ? Promise.reject(notSent()) : this.#calls.forward(call);
  }

  /** A node that has just listed itself is dialled just now. */
  async succeed(place: ChainHead): Promise<boolean> {
    await this.#untilOpen();
    if (this.#line === null) throw notSent();
    this.#lastSuccession += 1;
    return this.#named(this.#line, this.#lastSuccession, place);
  }

  #named(line: NodeLine, id: number, place: ChainHead): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const answered = (isTaken: boolean | null) => {
        clearTimeout(timer);
        this.#successions.delete(id);
        if (isTaken === null) reject(noAnswer());
        else resolve(isTaken);
      };
      const timer = setTimeout(() => answered(null), SUCCEED_MS).unref();
      this.#successions.set(id, answered);
      line.send(linkText({ type: "succeed", id, place }));
    });
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
    this.#calls.lost();
    for (const answered of [...this.#successions.values()]) answered(null);
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
    switch (answer.type) {
      case "at":
        this.place = answer.place;
        this.#parts.moved();
        return this.#queue.heard(answer.heard);
      case "answers":
        this.#calls.received(answer.answers);
        return true;
      case "succeeded":
        this.#successions.get(answer.id)?.(answer.isTaken);
        return true;
    }
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

export function linkText(message: Exclude<LinkSaid, { type: "calls" }> | Answered): string {
  return JSON.stringify(message);
}

function urlOf(address: string, path: string): string | null {
  const url = URL.parse(address);
  if (url === null || !(url.protocol === "http:" || url.protocol === "https:")) return null;
  return `${url.protocol === "https:" ? "wss:" : "ws:"}//${url.host}${path}`;
}

const ALIVE = linkText({ type: "alive" });
/** A successor that hasn't taken over by then is not waited for: the next node is asked, or none. */
const SUCCEED_MS = 1_000;
/** A successor that can't be reached by then is not waited for either. */
const OPEN_MS = 500;
const REDIAL = { firstMs: 100, longestMs: 2_000, floorMs: 50 };
