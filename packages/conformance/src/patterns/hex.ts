/** Scenarios write bytes as hex digits. */

import { ScenarioError } from "./template.ts";

/** It returns the bytes for which the digits stand. Blanks between them are for the reader. */
export function bytesOfHex(text: string): Uint8Array {
  const digits = text.replaceAll(" ", "");
  if (!/^([0-9a-f]{2})*$/i.test(digits)) throw new ScenarioError(`${JSON.stringify(text)} is not hex`);
  return Uint8Array.from({ length: digits.length / 2 }, (_, n) => Number.parseInt(digits.slice(2 * n, 2 * n + 2), 16));
}
