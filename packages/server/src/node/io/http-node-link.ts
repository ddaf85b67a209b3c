/** The http node link of a node dials all others that are listed, and accepts those that dial it. */

import type { Millis } from "@neverstale/base";
import { WebSocketServer } from "ws";
import type { ChainEntry, ChainHead } from "../../store/contract.ts";
import type { AliveNode, NodeRow } from "../../store/node-table.ts";
import type { Refusal } from "../../transport/refusal.ts";
import { refuseUpgrade } from "../../transport/websocket/io/refuse-upgrade.ts";
import type { Upgrade } from "../../transport/websocket/io/sockets.ts";
import type { ToldDigests } from "../digests/digest-telling.ts";
import type { NodeLinkCounts, NodeLinkLimits } from "../link/link-limits.ts";
import type { UnreachableNode } from "../link/reachability.ts";
import type { AnswerTo, ForwardedCall, LinkedNode, NodeLink } from "../node-link.ts";
import { IncomingLink, type LinkCaller } from "./incoming-link.ts";
import { ADDRESS_HEADER, headerIn, LINK_PROTOCOL, NODE_HEADER, tokenIn } from "./link-headers.ts";
import { notSent } from "./outgoing-calls.ts";
import { type LinkTls, linkText, OutgoingLink } from "./outgoing-link.ts";

export class HttpNodeLink implements NodeLink {
  readonly node: LinkedNode;
  readonly #parts: HttpNodeLinkParts;
  readonly #server: WebSocketServer;
  readonly #outgoing = new Map<string, OutgoingLink>();
  readonly #incoming = new Map<string, IncomingLink>();
  readonly #waiting = new Set<() => void>();
  readonly #timer: NodeJS.Timeout;
  #isClosed = false;

  constructor(node: LinkedNode, parts: HttpNodeLinkParts) {
    this.node = node;
    this.#parts = parts;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: parts.limits.messageBytes,
      perMessageDeflate: false,
      handleProtocols: (offered) => (offered.has(LINK_PROTOCOL) ? LINK_PROTOCOL : false),
    });
    this.#timer = setInterval(() => this.#alive(), parts.limits.silentMs / 3).unref();
  }

  get own(): NodeRow {
    return this.node.row;
  }

  /** The writer was heard a moment ago. It is false at the writer, which nobody pushes anything. */
  get isUp(): boolean {
    const { writerAddress } = this.node;
    const since = performance.now() - this.#parts.limits.silentMs;
    return [...this.#incoming.values()].some(({ from, heardAt }) => from.address === writerAddress && heardAt >= since);
  }

  push(entry: ChainEntry): void {
    if (this.#outgoing.size === 0) return;
    const frame = Buffer.from(linkText({ type: "entry", entry }));
    const { counts, limits } = this.#parts;
    // The nodes read a larger one in the store.
    if (frame.length > limits.messageBytes) counts.tooLarge += 1;
    else for (const link of this.#outgoing.values()) link.push(frame);
    counts.pushed += 1;
  }

  tellDigests(told: ToldDigests): void {
    if (this.#outgoing.size === 0) return;
    const frame = Buffer.from(linkText({ type: "digests", told }));
    for (const link of this.#outgoing.values()) link.tell(frame);
  }

  forward<Call extends ForwardedCall>(address: string, call: Call): Promise<AnswerTo<Call>> {
    return this.linkTo(address)?.forward(call) ?? Promise.reject(notSent());
  }

  async succeed({ id }: AliveNode, place: ChainHead): Promise<boolean> {
    return (await this.#outgoing.get(id)?.succeed(place)) ?? false;
  }

  listed(nodes: readonly AliveNode[]): void {
    if (this.#isClosed) return;
    const others = new Map(nodes.flatMap((node) => (node.id === this.own.id ? [] : [[node.id, node]])));
    for (const [id, link] of this.#outgoing) {
      if (others.has(id)) continue;
      this.#outgoing.delete(id);
      link.close();
    }
    for (const [id, node] of others) if (!this.#outgoing.has(id)) this.#dial(node);
  }

  applied(): void {
    const { writerAddress } = this.node;
    for (const link of this.#incoming.values()) if (link.from.address === writerAddress) link.tell();
  }

  async whenApplied(nodes: readonly AliveNode[], place: ChainHead, ms: Millis): Promise<boolean> {
    const have = () => nodes.every(({ id }) => hasApplied(this.#outgoing.get(id)?.place ?? null, place));
    if (have()) return true;
    return new Promise((resolve) => {
      const look = () => have() && end(true);
      const timer = setTimeout(() => end(false), ms);
      const end = (isApplied: boolean) => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(isApplied);
      };
      this.#waiting.add(look);
    });
  }

  /** It is null while there is no open link to a node of this address. */
  linkTo(address: string): OutgoingLink | null {
    for (const link of this.#outgoing.values()) if (link.isOpen && link.row.address === address) return link;
    return null;
  }

  metrics(): Record<string, number> {
    const { counts, limits, requests } = this.#parts;
    const queues = [...this.#outgoing.values()].map(({ queue }) => queue);
    return {
      node_link_up: this.isUp ? 1 : 0,
      node_links_out: [...this.#outgoing.values()].filter(({ isOpen }) => isOpen).length,
      node_links_lost: [...this.#outgoing.values()].filter(({ isLost }) => isLost).length,
      node_links_in: this.#incoming.size,
      limit_node_links: limits.links,
      node_link_entries_waiting: Math.max(0, ...queues.map(({ entries }) => entries)),
      limit_node_link_entries: limits.pushedEntries,
      node_link_bytes_waiting: Math.max(0, ...queues.map(({ bytes }) => bytes)),
      limit_node_link_bytes: limits.pushedBytes,
      node_link_pushed_total: counts.pushed,
      node_link_received_total: counts.received,
      node_link_refused_total: counts.refused,
      node_link_garbage_total: counts.garbage,
      node_link_slow_total: counts.slow,
      node_link_silent_total: counts.silent,
      node_link_too_large_total: counts.tooLarge,
      ...requests.metrics(),
    };
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    for (const link of this.#outgoing.values()) link.close();
    this.endIncoming();
    this.#outgoing.clear();
    this.#parts.requests.close();
  }

  /** The nodes that have dialled this one go on without it. */
  endIncoming(): void {
    for (const link of this.#incoming.values()) link.end();
  }

  /** Nobody is let in who doesn't show the token of this node. */
  answer(upgrade: Upgrade): void {
    const refusal = this.#refusalOf(upgrade);
    if (refusal === null) return this.#accept(upgrade);
    this.#parts.counts.refused += 1;
    refuseUpgrade(upgrade.socket, refusal);
  }

  #refusalOf({ request }: Upgrade): Refusal | null {
    const token = tokenIn(request, this.own);
    if (token !== "right") return token === "absent" ? NO_TOKEN : WRONG_TOKEN;
    if (this.#isClosed) return NOT_OPEN;
    const caller = callerOf(request.headers);
    if (caller === null || request.headers["sec-websocket-protocol"] !== LINK_PROTOCOL) return NOT_A_LINK;
    const isNew = !this.#incoming.has(caller.id);
    return isNew && this.#incoming.size >= this.#parts.limits.links ? TOO_MANY : null;
  }

  #accept({ request, socket, head }: Upgrade): void {
    const from = callerOf(request.headers);
    if (from === null) return;
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      const { limits, counts } = this.#parts;
      this.#incoming.get(from.id)?.end();
      const ended = (link: IncomingLink) => {
        if (this.#incoming.get(from.id) === link) this.#incoming.delete(from.id);
      };
      this.#incoming.set(from.id, new IncomingLink(webSocket, from, { node: this.node, limits, counts, ended }));
      this.node.dialledBy(from.id);
    });
  }

  #dial(to: AliveNode): void {
    const { path, limits, counts, tls, unreachable } = this.#parts;
    const moved = () => {
      for (const look of [...this.#waiting]) look();
    };
    this.#outgoing.set(to.id, new OutgoingLink({ to, own: this.own, path, limits, counts, tls, moved, unreachable }));
  }

  #alive(): void {
    for (const link of this.#outgoing.values()) link.alive();
  }
}

interface HttpNodeLinkParts {
  readonly path: string;
  readonly tls: LinkTls;
  readonly limits: NodeLinkLimits;
  readonly counts: NodeLinkCounts;
  readonly unreachable: (node: UnreachableNode) => void;
  /** They end with the link, and are counted beside it. */
  readonly requests: { metrics(): Record<string, number>; close(): void };
}

/** Only what was applied in the writer's own term counts: a node on another branch may be further, and without the entry. */
function hasApplied(its: ChainHead | null, place: ChainHead): boolean {
  return its !== null && its.term === place.term && its.sequence >= place.sequence;
}

function callerOf(headers: Upgrade["request"]["headers"]): LinkCaller | null {
  const [id, address] = [headerIn(headers, NODE_HEADER), headerIn(headers, ADDRESS_HEADER)];
  return id === null || address === null ? null : { id, address };
}

const HINT = "Only nodes on the same store are linked. They know each other's tokens from there.";
const NO_TOKEN: Refusal = { refuse: 401, code: "not_signed_in", message: "no token was shown", hint: HINT };
const WRONG_TOKEN: Refusal = {
  refuse: 403,
  code: "forbidden",
  message: "the token is not that of this node",
  hint: HINT,
};
const NOT_A_LINK: Refusal = { refuse: 400, code: "bad_message", message: "this is no link of this release" };
export const NOT_OPEN: Refusal = {
  refuse: 503,
  code: "store_unavailable",
  message: "this node is not open",
  retryAfterMs: 1_000,
};
const TOO_MANY: Refusal = {
  refuse: 503,
  code: "too_many_requests",
  message: "too many nodes are linked to this one",
  retryAfterMs: 5_000,
};
