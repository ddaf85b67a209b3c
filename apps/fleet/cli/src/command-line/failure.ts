/** A failure is something that a person can mend: it is shown as it is, without a stack. */

import { withoutControls } from "../terminal/plain-text.ts";

export class Failure extends Error {
  override readonly name = "Failure";
  readonly hint: string;
  readonly exitCode: number;

  constructor(
    message: string,
    options: { readonly hint?: string; readonly exitCode?: number; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.hint = options.hint ?? "";
    this.exitCode = options.exitCode ?? EXIT.cannotTell;
  }
}

/** Every command ends with one of these. `dispatch` and `verify` say in their help what 1 means there. */
export const EXIT = { ok: 0, no: 1, cannotTell: 2 } as const;

/** Returns what is shown of any error: its message, and what to do where it says so. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const message = withoutControls(error.message); // Parts of it may be a host's own words.
  const hint = "hint" in error && typeof error.hint === "string" ? error.hint : "";
  return hint === "" ? message : `${message}\n${withoutControls(hint)}`;
}
