/** A pattern is what a text argument has to match as a whole. */

import { RE2JS } from "re2js";

export interface Pattern {
  matches(text: string): boolean;
}

/** This bounds the steps of a compiled pattern. A text of 500 characters is matched in at most 500 times so many steps. */
const MAX_SIZE = 2_000;

/**
 * Reads a regular expression for an engine that needs time in proportion to the text, whatever the pattern: no argument
 * can hold up the agent. It has no lookaround and no backreferences. Throws an error that says what is wrong.
 */
export function parsePattern(source: string): Pattern {
  const pattern = compile(source);
  const size = pattern.programSize();
  if (size > MAX_SIZE)
    throw new Error(`too large a regular expression: ${size} steps of ${MAX_SIZE}; use fewer or smaller repeats`);
  return pattern;
}

function compile(source: string): RE2JS {
  try {
    return RE2JS.compile(RE2JS.translateRegExp(source));
  } catch (error) {
    const why = error instanceof Error ? error.message.replace("error parsing regexp: ", "") : "it can't be read";
    throw new Error(`no regular expression of RE2's kind (no lookaround, no backreferences): ${why}`);
  }
}
