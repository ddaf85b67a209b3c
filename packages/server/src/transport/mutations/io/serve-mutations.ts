/** The route of mutations, for any Node http server, and for whatever hands over a `Request` and takes a `Response`. */

import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { TLSSocket } from "node:tls";
import type { Runtime } from "../../../runtime/runtime.ts";
import { isLoopbackAddress, type Whence } from "../../allowed-origins.ts";
import { isSameSecret } from "../../io/same-secret.ts";
import { tellOwner } from "../../io/tell-owner.ts";
import { problemDocument } from "../../problem.ts";
import type { Refusal } from "../../refusal.ts";
import {
  CUT_OFF,
  type MutationReply,
  MutationService,
  type MutationServiceOptions,
  TOO_LARGE,
  TOO_SLOW,
} from "../mutation-service.ts";

const CSRF_HINT = "Show the session's token in the header X-CSRF-Token.";

export interface ServeMutationsOptions<Request> extends MutationServiceOptions<Request> {
  /** As that of `serveSync`. */
  readonly onError?: (error: unknown) => void;
}

/**
 * Makes a function that answers requests of a Node http server: hand it those for one path, such as `/mutations`. The body must not
 * have been read yet. It resolves when the answer has been written.
 */
export function serveMutations(
  options: ServeMutationsOptions<IncomingMessage>,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const service = serviceOf(options);
  return async (request, response) => {
    const { headers, socket } = request;
    const reply = await service.answer({
      request,
      method: request.method ?? "",
      whence: {
        origin: headers.origin,
        host: headers.host,
        hasCookie: headers.cookie !== undefined,
        onLoopback: isLoopbackAddress(socket.localAddress),
        overTls: (socket as TLSSocket).encrypted === true,
      },
      csrf: oneOf(headers["x-csrf-token"]),
      contentType: headers["content-type"] ?? "",
      body: async (maxBytes) => {
        requireUnread(request.readableDidRead);
        return textOf(request.iterator({ destroyOnReturn: false }), maxBytes, options.manager.runtime);
      },
    });
    const { status, text, headers: fields } = written(reply);
    // What was not read of a body that is too long would be taken for the next request.
    if (!request.readableEnded) response.setHeader("Connection", "close");
    if (!response.destroyed) response.writeHead(status, fields).end(text);
  };
}

/**
 * Makes a function from `Request` to `Response` (Fetch Standard), as Hono, Next and others have routes. It does not know whether the
 * server itself speaks TLS, and takes the address of the request for it.
 */
export function mutationsHandler(options: ServeMutationsOptions<Request>): (request: Request) => Promise<Response> {
  const service = serviceOf(options);
  return async (request) => {
    const { headers } = request;
    const reply = await service.answer({
      request,
      method: request.method,
      whence: whenceOf(request),
      csrf: headers.get("x-csrf-token"),
      contentType: headers.get("content-type") ?? "",
      body: async (maxBytes) => {
        requireUnread(request.bodyUsed);
        return textOf(request.body ?? noBody(), maxBytes, options.manager.runtime);
      },
    });
    const { status, text, headers: fields } = written(reply);
    return new Response(text, { status, headers: fields });
  };
}

function serviceOf<Request>(options: ServeMutationsOptions<Request>): MutationService<Request> {
  const report = (error: unknown) => tellOwner(options.onError, error);
  return new MutationService(options, { isSameSecret, csrfHint: CSRF_HINT, report });
}

function whenceOf({ url, headers }: Request): Whence {
  const { host, protocol } = new URL(url);
  return {
    origin: headers.get("origin") ?? undefined,
    host: headers.get("host") ?? host,
    hasCookie: headers.has("cookie"),
    onLoopback: false,
    overTls: protocol === "https:",
  };
}

function oneOf(header: string | readonly string[] | undefined): string | null {
  return typeof header === "string" ? header : null;
}

/** It reads no more once there are more than so many bytes, or it took too long. */
async function textOf(body: Body, maxBytes: number, runtime: Pick<Runtime, "after">): Promise<string | Refusal> {
  const reader = body[Symbol.asyncIterator]();
  const late = Promise.withResolvers<typeof TOO_SLOW>();
  const timer = runtime.after(BODY_MS, () => late.resolve(TOO_SLOW));
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  try {
    for (;;) {
      const next = await Promise.race([reader.next(), late.promise]);
      if ("refuse" in next) return next;
      if (next.done === true) return Buffer.concat(pieces).toString();
      bytes += next.value.length;
      if (bytes > maxBytes) return TOO_LARGE;
      pieces.push(next.value);
    }
  } catch {
    return CUT_OFF;
  } finally {
    timer.cancel();
    reader.return?.().catch(() => {}); // It ends when the piece that is waited for has come, or never will.
  }
}

type Body = AsyncIterable<Uint8Array, unknown, undefined>;

/** A body has so long to come. */
const BODY_MS = 10_000;

async function* noBody(): AsyncGenerator<Uint8Array, void, undefined> {}

/** That is a fault of the program, which its owner is told of. */
function requireUnread(isRead: boolean): void {
  if (isRead)
    throw new Error("the body of the request has been read already: hand requests over before anything reads them");
}

function written({ status, body, allow }: MutationReply): Written {
  const headers: Record<string, string> = { "Cache-Control": "no-store" };
  if (allow !== undefined) headers.Allow = allow;
  if (!("refuse" in body))
    return { status, text: JSON.stringify(body), headers: { ...headers, "Content-Type": "application/json" } };
  const { retryAfterMs } = body;
  if (retryAfterMs !== undefined) headers["Retry-After"] = String(Math.ceil(retryAfterMs / 1_000));
  const text = JSON.stringify(problemDocument(body, STATUS_CODES[status]));
  return { status, text, headers: { ...headers, "Content-Type": "application/problem+json" } };
}

interface Written {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}
