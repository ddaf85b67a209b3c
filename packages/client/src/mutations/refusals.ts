/** A page refuses these mutations by itself, and never takes them in (rule U19). */

import { MAX_ARGS_BYTES } from "@neverstale/protocol";
import type { MutationOutcome } from "./mutating.ts";

/** So many may wait. The next one is refused at once (rule U19). */
export const MOST_PENDING = 1_000;
/** Their arguments may have so many bytes. */
export const MOST_PENDING_BYTES = 1024 * 1024;

export const QUEUE_FULL: MutationOutcome = {
  type: "refused",
  code: "queue_full",
  detail: `more than ${MOST_PENDING} mutations, or ${MOST_PENDING_BYTES} bytes of them, wait for the server`,
};
export const ARGS_TOO_LARGE: MutationOutcome = {
  type: "refused",
  code: "args_too_large",
  detail: `its arguments have more than ${MAX_ARGS_BYTES} bytes as JSON`,
};
export const NOT_SIGNED_IN: MutationOutcome = {
  type: "refused",
  code: "not_signed_in",
  detail: "nobody is signed in",
};
