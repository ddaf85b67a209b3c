import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { CLOSE } from "@neverstale/protocol";

/** Why an upgrade is answered with an http error instead of a WebSocket. */
export interface Refusal {
  /** The http status. */
  readonly refuse: number;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly retryAfterMs?: number;
}

/** For whom a judgement failed. */
export const UNJUDGED: Refusal = {
  refuse: 500,
  code: "snapshot_failed",
  message: "the connection could not be judged",
};

/** The close codes that say the same to a browser, which is told nothing of a refusal before the 101 (rule M7). */
const CODE_OF_STATUS: ReadonlyMap<number, number> = new Map([
  [401, CLOSE.notSignedIn],
  [403, CLOSE.forbidden],
  [404, CLOSE.unknownSpace],
]);

/** The code to close with; none for what a browser had better try again. A new CSRF token may be all that it needs. */
export function closeCodeOf({ refuse, code }: Refusal): number | undefined {
  return code === "csrf_failed" ? undefined : CODE_OF_STATUS.get(refuse);
}

/** Answers with a problem document (RFC 9457) before the 101, and ends the connection. */
export function refuseUpgrade(socket: Duplex, { refuse, code, message, hint, retryAfterMs }: Refusal): void {
  const body = JSON.stringify({
    type: "about:blank",
    title: STATUS_CODES[refuse],
    status: refuse,
    detail: message,
    code,
    hint,
  });
  const retry = retryAfterMs === undefined ? [] : [`Retry-After: ${Math.ceil(retryAfterMs / 1000)}`];
  const head = [
    `HTTP/1.1 ${refuse} ${STATUS_CODES[refuse] ?? ""}`,
    "Connection: close",
    "Content-Type: application/problem+json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...retry,
  ];
  socket.once("finish", () => socket.destroy());
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
