import type { Environment, SocketEvents } from "../environment.ts";
import { browserEnvironment } from "./browser.ts";
import { requestWith } from "./http.ts";
import { adoptSocket, type WebSocketLike } from "./socket.ts";

/** A WebSocket class that takes headers, as the package `ws` has it. */
export type WebSocketClass = new (
  url: string,
  protocols: string[],
  options: { readonly headers: Readonly<Record<string, string>>; readonly perMessageDeflate: boolean },
) => WebSocketLike;

export interface NodeEnvironmentOptions {
  readonly WebSocket: WebSocketClass;
  /** Sent with every socket and every request, e.g. `Authorization: Bearer ...`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly fetch?: typeof fetch;
}

/** A Node program with credentials of its own. No Node module is imported: what it needs is handed in. */
export function nodeEnvironment({
  WebSocket,
  headers = {},
  fetch: fetchIt = fetch,
}: NodeEnvironmentOptions): Environment {
  return {
    ...browserEnvironment(),
    baseUrl: null,
    openSocket: (url, protocols, events) => {
      const socket = new WebSocket(url, [...protocols], { headers, perMessageDeflate: false });
      return adoptSocket(socket, refusalsAsCodes(socket, events));
    },
    request: requestWith(fetchIt, headers),
  };
}

/** The close codes (SPEC.md, rule M7) that say the same as a refused upgrade does. */
const CODE_OF_STATUS: Readonly<Record<number, number>> = {
  401: 4401,
  403: 4403,
  404: 4404,
  426: 4426,
  429: 1013,
  503: 1013,
};

interface Refused {
  readonly statusCode?: number;
  on(event: "data", listener: (part: Uint8Array) => void): void;
  on(event: "close", listener: () => void): void;
}

interface TellsRefusals {
  once(event: "unexpected-response", listener: (request: unknown, response: Refused) => void): void;
}

/** A browser hides the status of a refused upgrade; `ws` tells it, and then leaves the closing to us. */
function refusalsAsCodes(socket: WebSocketLike, events: SocketEvents): SocketEvents {
  if (!("once" in socket)) return events;
  let refusal: number | null = null;
  (socket as WebSocketLike & TellsRefusals).once("unexpected-response", (_request, response) => {
    const closeWith = (code: number | null) => {
      refusal = code;
      socket.close();
    };
    const { statusCode = 0 } = response;
    const code = CODE_OF_STATUS[statusCode] ?? null;
    if (statusCode !== 403) return closeWith(code);
    readProblem(response, (problem) => closeWith(problem === "csrf_failed" ? null : code));
  });
  return { ...events, closed: (code) => events.closed(refusal ?? code) };
}

/** Of a problem document (RFC 9457) no more is read. */
const MAX_PROBLEM_BYTES = 16 * 1024;

/** The code of the problem: a new CSRF token may be all that a 403 asks for. One that never ends is given up with the attempt. */
function readProblem(response: Refused, told: (code: unknown) => void): void {
  const decoder = new TextDecoder();
  let text = "";
  response.on("data", (part) => {
    if (text.length < MAX_PROBLEM_BYTES) text += decoder.decode(part, { stream: true });
  });
  response.on("close", () => told(problemCode(text))); // Also where it was cut off.
}

function problemCode(text: string): unknown {
  try {
    return (JSON.parse(text) as { readonly code?: unknown } | null)?.code;
  } catch {
    return null;
  }
}
