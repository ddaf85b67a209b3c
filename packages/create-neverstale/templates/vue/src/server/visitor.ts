/** Everybody who loads the page is a visitor, whom the browser knows again by a cookie. */

import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

/** It returns null where the browser has not loaded the page yet. */
export function visitorIn({ headers }: IncomingMessage): string | null {
  return /(?:^|;\s*)visitor=([0-9a-f-]{36})(?:;|$)/.exec(headers.cookie ?? "")?.[1] ?? null;
}

/** It returns who has come, and gives a cookie to who is new. */
export function welcome(request: IncomingMessage, response: ServerResponse): string {
  const known = visitorIn(request);
  if (known !== null) return known;
  const visitor = randomUUID();
  response.setHeader("Set-Cookie", `visitor=${visitor}; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000`);
  return visitor;
}
