/** A violation says that the tested server or client did something else than a rule says. */

import type { JsonValue } from "@neverstale/protocol";

export class Violation extends Error {
  override readonly name = "Violation";
  readonly rule: string | null;
  readonly expected: string;
  readonly came: string;

  constructor(rule: string | null, expected: string, came: string) {
    super(`${rule === null ? "" : `[${rule}] `}expected ${expected}; came ${came}`);
    this.rule = rule;
    this.expected = expected;
    this.came = came;
  }
}

/** It writes JSON so short that it fits a line of a report. */
export function brief(value: JsonValue | undefined, length = 240): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length <= length ? text : `${text.slice(0, length)}… (${text.length} characters)`;
}
