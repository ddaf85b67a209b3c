/** A refusal goes out as a problem document (RFC 9457), over whatever somebody came. */

import type { Refusal } from "./refusal.ts";

/** The title is the phrase of the status, where its writer knows one. */
export function problemDocument({ refuse, code, message, hint, instance }: Refusal, title?: string): object {
  return { type: "about:blank", title, status: refuse, detail: message, code, hint, instance };
}
