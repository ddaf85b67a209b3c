/** Text on a terminal has a width in columns: some characters take two, and some none. */

import stringWidth from "string-width";

const LETTERS = new Intl.Segmenter("en", { granularity: "grapheme" });

export function padded(text: string, columns: number): { readonly text: string; readonly width: number } {
  const width = stringWidth(text);
  return { text: text + " ".repeat(Math.max(0, columns - width)), width };
}

/** A text that is too wide ends with an ellipsis. */
export function cut(text: string, columns: number): string {
  const whole = text.trimEnd();
  if (stringWidth(whole) <= columns) return whole;
  let kept = "";
  let width = 0;
  for (const { segment } of LETTERS.segment(whole)) {
    width += stringWidth(segment);
    if (width > columns - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}
