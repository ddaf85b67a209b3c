/** The texts of a group are held to what the database can take, before anything is sent. */

import { utf8Bytes } from "@neverstale/protocol";
import { type PlanDraft, StoreFailure } from "@neverstale/server/store";
import { textOf } from "./statements/commit.ts";

/**
 * It throws a `StoreFailure` that moved nothing. The type `text` holds every character but U+0000, which JSON escapes: so only
 * names and keys can have one. A half of a surrogate pair would come back as another character.
 */
export function checkTexts({ moves, history, answers }: PlanDraft, mostBytes: number): void {
  let bytes = 0;
  const take = (text: string | null) => {
    if (text === null) return;
    requireStorable(text);
    bytes += utf8Bytes(text);
  };
  for (const planned of moves) for (const text of [planned.move.name, textOf(planned)]) take(text);
  for (const { space, collection, id, text } of history) for (const part of [space, collection, id, text]) take(part);
  for (const { key, owner, bodyHash, answer } of answers) for (const part of [key, owner, bodyHash, answer]) take(part);
  if (bytes > mostBytes)
    throw new StoreFailure(
      "nothing_moved",
      `a group of ${bytes} bytes of text is more than the ${mostBytes} that are allowed`,
    );
}

/** It throws a `StoreFailure` that moved nothing. */
export function requireStorable(text: string): void {
  if (text.includes("\0") || !text.isWellFormed())
    throw new StoreFailure("nothing_moved", `a text can't be stored: ${JSON.stringify(text.slice(0, 100))}`);
}
