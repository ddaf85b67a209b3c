/** A pattern finds text in lines of output, in a time that is in proportion to the line, whatever the pattern is. */

import type { OutputSearchQuery } from "@neverstale/fleet-domain";
import { RE2JS } from "re2js";
import type { z } from "zod";
import { RequestRefusal } from "../../fleet/refusal.ts";
import { MOST_LINE_CHARS } from "./output-lines.ts";

export interface OutputPattern {
  /** It returns where the first match in a line begins and ends, or null. */
  readonly find: (line: string) => readonly [start: number, end: number] | null;
  /** A longer line is looked at in parts, so that no other work waits for one match. */
  readonly mostChars: number;
}

type Asked = Pick<z.output<typeof OutputSearchQuery>, "q" | "regex" | "ignoreCase">;

/** It throws a `RequestRefusal` for what is no regular expression of RE2's kind, or a too large one. */
export function patternOf({ q, regex, ignoreCase }: Asked): OutputPattern {
  if (!regex && !ignoreCase) return plainly(q);
  const pattern = compiled(regex ? q : RE2JS.quote(q), ignoreCase);
  if (pattern.programSize() > MAX_SIZE)
    throw refused(`it takes ${pattern.programSize()} steps of ${MAX_SIZE}; use fewer or smaller repeats`);
  return {
    find: (line) => {
      const matcher = pattern.matcher(line);
      return matcher.find() ? [matcher.start(), matcher.end()] : null;
    },
    mostChars: Math.max(LEAST_CHARS, Math.min(MOST_LINE_CHARS, Math.floor(MOST_STEPS / pattern.programSize()))),
  };
}

/** A match takes that many steps for each character at most, and so many for all characters that are looked at together. */
const MAX_SIZE = 600;
const MOST_STEPS = 1_500_000;
const LEAST_CHARS = 2_048;

function plainly(text: string): OutputPattern {
  return {
    find: (line) => {
      const start = line.indexOf(text);
      return start === -1 ? null : [start, start + text.length];
    },
    mostChars: MOST_LINE_CHARS,
  };
}

function compiled(source: string, ignoreCase: boolean): RE2JS {
  try {
    return RE2JS.compile(RE2JS.translateRegExp(source), ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
  } catch (error) {
    throw refused(error instanceof Error ? error.message.replace("error parsing regexp: ", "") : "it can't be read");
  }
}

function refused(why: string): RequestRefusal {
  return new RequestRefusal("bad_request", `q is no regular expression of RE2's kind: ${why}`, {
    hint: "There is no lookaround and there are no backreferences. Leave regex out to look for the text itself.",
  });
}
