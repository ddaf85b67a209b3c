/** A refusal goes out as a problem document (RFC 9457), over whatever somebody came. */

import { STATUS_CODES } from "node:http";
import type { Refusal } from "../refusal.ts";

export function problemDocument({ refuse, code, message, hint }: Refusal): object {
  return { type: "about:blank", title: STATUS_CODES[refuse], status: refuse, detail: message, code, hint };
}
