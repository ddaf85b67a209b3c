/** Requests with an effect are forwarded whole to the writer, and answered with what it says (rules W1 and W2). */

import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Refusal } from "../../transport/refusal.ts";
import { passedOn } from "../link/forward-headers.ts";
import type { NodeLinkCounts, NodeLinkLimits } from "../link/link-limits.ts";
import type { HttpNodeLink } from "./http-node-link.ts";
import {
  ADDRESS_HEADER,
  CLIENT_HEADER,
  HOPS_HEADER,
  headerIn,
  NODE_HEADER,
  OWN_HEADERS,
  TOKEN_HEADER,
  tokenIn,
} from "./link-headers.ts";
import type { LinkTls } from "./outgoing-link.ts";
import { readBody } from "./read-body.ts";
import { RequestSender, type Sent } from "./send-request.ts";

export class ForwardedRequests {
  readonly #parts: ForwardedRequestsParts;
  readonly #sender: RequestSender;
  #underWay = 0;
  #bytes = 0;

  constructor(parts: ForwardedRequestsParts) {
    this.#parts = parts;
    this.#sender = new RequestSender(parts.tls, parts.limits.forwardedRequests);
  }

  metrics(): Record<string, number> {
    const { counts, limits } = this.#parts;
    return {
      node_requests_under_way: this.#underWay,
      limit_node_requests: limits.forwardedRequests,
      node_request_bytes: this.#bytes,
      limit_node_request_bytes: limits.forwardedBytes,
      node_requests_forwarded_total: counts.forwarded,
      node_requests_refused_total: counts.forwardRefused,
      node_requests_repeated_total: counts.forwardRepeated,
      node_requests_lost_total: counts.forwardLost,
    };
  }

  close(): void {
    this.#sender.close();
  }

  /** It resolves with false when this node is the writer, and the request is as it came. */
  async forward(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const { limits, link } = this.#parts;
    if (link()?.node.isDeciding === true) return false;
    if (this.#hopsOf(request) >= MOST_HOPS) return this.#refuse(response, NO_WRITER);
    if (this.#underWay >= limits.forwardedRequests) return this.#refuse(response, TOO_MANY);
    this.#underWay += 1;
    const held = { bytes: 0 };
    try {
      return await this.#forward(request, response, held);
    } finally {
      this.#underWay -= 1;
      this.#bytes -= held.bytes;
    }
  }

  async #forward(request: IncomingMessage, response: ServerResponse, held: { bytes: number }): Promise<boolean> {
    const { limits, link } = this.#parts;
    if ((await this.#target(response)) === null) return this.#refuse(response, this.#noTarget());
    if (link()?.node.isDeciding === true) return false;
    const body = await readBody(request, (bytes) => {
      held.bytes += bytes;
      this.#bytes += bytes;
      return held.bytes <= limits.forwardedBodyBytes && this.#bytes <= limits.forwardedBytes;
    });
    if (body === "gone") return true;
    if (body === "too_large")
      return this.#refuse(response, held.bytes > limits.forwardedBodyBytes ? TOO_LARGE : TOO_MANY);
    this.#parts.counts.forwarded += 1;
    return this.#untilAnswered(request, response, body);
  }

  async #untilAnswered(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<boolean> {
    const { counts, limits } = this.#parts;
    const end = performance.now() + limits.answerMs;
    const isRepeatable = headerIn(request.headers, "idempotency-key") !== null;
    let wasSent = false;
    for (;;) {
      const target = await this.#target(response);
      if (target === null) break;
      if (wasSent) counts.forwardRepeated += 1;
      const outcome = await this.#send(target, request, response, body);
      if (outcome === "answered" || response.destroyed) return true;
      if (outcome !== "unsent") wasSent = true;
      if (wasSent && !isRepeatable) return this.#lost(response, outcome);
      if (performance.now() >= end) break;
      await pause();
    }
    return wasSent ? this.#lost(response, "late") : this.#refuse(response, this.#noTarget());
  }

  #send(target: Target, request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<Sent> {
    const { limits, link, addressOf } = this.#parts;
    const own = link()?.own;
    const headers = [
      ...passedOn(request.rawHeaders, new Set([...OWN_HEADERS, "content-length"])),
      ...["content-length", String(body.length), TOKEN_HEADER, target.token, CLIENT_HEADER, addressOf(request)],
      ...[HOPS_HEADER, String(this.#hopsOf(request) + 1)],
      ...(own === undefined ? [] : [NODE_HEADER, own.id, ADDRESS_HEADER, own.address]),
    ];
    const { method = "POST", url: path = "/" } = request;
    const { address, whenGone } = target;
    return this.#sender.send({ address, method, path, headers, body, response, answerMs: limits.answerMs, whenGone });
  }

  /** Waits for a writer. It is null when there is none in time, or when the client has left. */
  async #target(response: ServerResponse): Promise<Target | null> {
    const until = performance.now() + this.#parts.limits.writerMs;
    for (;;) {
      const target = this.#targetNow();
      if (target !== null) return target;
      if (performance.now() >= until || response.destroyed) return null;
      await pause();
    }
  }

  /** A request whose body was read when this node became the writer is sent to this node itself. */
  #targetNow(): Target | null {
    const link = this.#parts.link();
    if (link === null) return null;
    const { isDeciding, writerAddress } = link.node;
    const { address, token } = link.own;
    if (isDeciding) return { address, token, whenGone: () => () => {} };
    const to = writerAddress === null || writerAddress === address ? null : link.linkTo(writerAddress);
    if (to === null) return null;
    return { address: to.row.address, token: to.row.token, whenGone: (run) => to.whenGone(run) };
  }

  /** The writer may be there, and not to be reached: then it helps nobody to read that there is none. */
  #noTarget(): Refusal {
    return (this.#parts.link()?.node.writerAddress ?? null) === null ? NO_WRITER : NO_WAY;
  }

  #hopsOf(request: IncomingMessage): number {
    if (tokenIn(request, this.#parts.link()?.own ?? null) !== "right") return 0;
    return Number(headerIn(request.headers, HOPS_HEADER) ?? 0) || 0;
  }

  #lost(response: ServerResponse, outcome: Sent): true {
    this.#parts.counts.forwardLost += 1;
    return answer(response, outcome === "late" ? LATE : LOST);
  }

  #refuse(response: ServerResponse, refusal: Refusal): true {
    this.#parts.counts.forwardRefused += 1;
    return answer(response, refusal);
  }
}

/** It is the address that the first node saw. The request has shown the token. */
export function clientAddressIn(request: IncomingMessage): string {
  return headerIn(request.headers, CLIENT_HEADER) ?? "";
}

interface ForwardedRequestsParts {
  readonly limits: NodeLinkLimits;
  readonly counts: NodeLinkCounts;
  readonly tls: LinkTls;
  /** It is null before the node is opened. */
  readonly link: () => HttpNodeLink | null;
  /** It returns the address of the client, for a request that was forwarded already as well. */
  readonly addressOf: (request: IncomingMessage) => string;
}

interface Target {
  readonly address: string;
  readonly token: string;
  readonly whenGone: (run: () => void) => () => void;
}

function answer(response: ServerResponse, { refuse, code, message, hint, retryAfterMs }: Refusal): true {
  if (response.headersSent || response.destroyed) return true;
  const title = STATUS_CODES[refuse];
  const facts = { type: "about:blank", title, status: refuse, detail: message, code, hint, retryAfterMs };
  const retry = retryAfterMs === undefined ? {} : { "Retry-After": Math.ceil(retryAfterMs / 1000) };
  const text = JSON.stringify(facts);
  // What was not read of the request would be taken for the next one.
  response.writeHead(refuse, { "Content-Type": "application/problem+json", Connection: "close", ...retry });
  response.end(text);
  return true;
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
}

const LOOK_AGAIN_MS = 50;
/** A request that was forwarded so often is not forwarded again. */
const MOST_HOPS = 2;

const NO_WRITER: Refusal = {
  refuse: 503,
  code: "store_unavailable",
  message: "there is no node that decides changes",
  hint: "Nothing was stored and nothing has moved: try again.",
  retryAfterMs: 1_000,
};
const NO_WAY: Refusal = {
  refuse: 503,
  code: "store_unavailable",
  message: "this node can't reach the one that decides changes",
  hint: "Nothing was stored and nothing has moved: try again. If it stays so, the logs of the nodes say which address is wrong.",
  retryAfterMs: 1_000,
};
const TOO_MANY: Refusal = {
  refuse: 503,
  code: "too_many_requests",
  message: "too many requests are on their way to the node that decides changes",
  hint: "Nothing was stored and nothing has moved: try again.",
  retryAfterMs: 1_000,
};
const TOO_LARGE: Refusal = { refuse: 413, code: "too_large", message: "the body is too large" };
const LOST_HINT = "Look at the state, or repeat with an Idempotency-Key next time: the answer then tells the truth.";
const LOST: Refusal = {
  refuse: 502,
  code: "outcome_unknown",
  message: "the answer of the node that decides changes was lost",
  hint: LOST_HINT,
};
const LATE: Refusal = {
  refuse: 504,
  code: "outcome_unknown",
  message: "the node that decides changes gave no answer in time",
  hint: LOST_HINT,
};
