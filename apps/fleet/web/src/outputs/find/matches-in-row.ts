/** The server says which lines match. Where the matches stand in a row on the page is found here, in a time that follows its length. */

import type { OutputMatch } from "@neverstale/fleet-domain";
import type { FindQuery } from "./find-in-output.ts";

/** A row may show other text than the program wrote, because it was overwritten. Then there may be no match in it. */
export function matchesIn(
  row: string,
  { column, length, text, textColumn }: Pick<OutputMatch, "column" | "length" | "text" | "textColumn">,
  { text: asked, regex, matchCase }: FindQuery,
): readonly (readonly [start: number, end: number])[] {
  if (!regex) return places(matchCase ? row : lowered(row), matchCase ? asked : lowered(asked));
  const found = text.slice(column - textColumn, column - textColumn + length);
  if (found === "") return [];
  const at = row.startsWith(found, column) ? column : row.indexOf(found);
  return at === -1 ? [] : [[at, at + found.length]];
}

function places(row: string, asked: string): (readonly [number, number])[] {
  const found: (readonly [number, number])[] = [];
  for (
    let at = row.indexOf(asked);
    at !== -1 && found.length < MOST_IN_A_ROW;
    at = row.indexOf(asked, at + asked.length)
  )
    found.push([at, at + asked.length]);
  return found;
}

const MOST_IN_A_ROW = 100;

/** Few letters get another length in lower case. They stay as they are, so that all places stay right. */
function lowered(text: string): string {
  const lower = text.toLowerCase();
  return lower.length === text.length ? lower : Array.from(text, (letter) => sameLength(letter)).join("");
}

function sameLength(letter: string): string {
  const lower = letter.toLowerCase();
  return lower.length === letter.length ? lower : letter;
}
