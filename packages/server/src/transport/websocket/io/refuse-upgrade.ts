/** A refused upgrade is answered with a problem document (RFC 9457) before the 101, and its connection ends. */

import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { titledProblem } from "../../io/problem.ts";
import type { Refusal } from "../../refusal.ts";

export function refuseUpgrade(socket: Duplex, refusal: Refusal): void {
  const { refuse, retryAfterMs } = refusal;
  const body = JSON.stringify(titledProblem(refusal));
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
