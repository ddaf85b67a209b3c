/** A WebSocket that could not be opened closes with the code that says the same as the refusal did (rule M7). */

import type { ConnectionEvents } from "../../transport.ts";
import type { WebSocketLike } from "./socket.ts";

/** A browser hides the status of a refused upgrade. The package `ws` tells it, and then leaves the closing to us. */
export function refusalsAsCodes(socket: WebSocketLike, events: ConnectionEvents): ConnectionEvents {
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

const CODE_OF_STATUS: Readonly<Record<number, number>> = {
  401: 4401,
  403: 4403,
  404: 4404,
  426: 4426,
  429: 1013,
  503: 1013,
};

interface TellsRefusals {
  once(event: "unexpected-response", listener: (request: unknown, response: RefusedUpgrade) => void): void;
}

interface RefusedUpgrade {
  readonly statusCode?: number;
  on(event: "data", listener: (part: Uint8Array) => void): void;
  on(event: "close", listener: () => void): void;
}

/** No more is read of a problem document (RFC 9457). */
const MAX_PROBLEM_BYTES = 16 * 1024;

/** It tells the code of the problem: a new CSRF token may be all that a 403 asks for. One that never ends is given up with the attempt. */
function readProblem(response: RefusedUpgrade, told: (code: unknown) => void): void {
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
