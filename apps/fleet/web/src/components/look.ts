/** A look is how a status or a level is shown: as a word, a shape and a tone. */

import type { Shape, Tone } from "./mark.tsx";

export interface Look {
  readonly word: string;
  readonly shape: Shape;
  readonly tone: Tone;
}

/** A value that only a newer server knows is shown by its name. */
export function lookOf<Value extends string>(looks: Readonly<Record<Value, Look>>, value: Value): Look {
  return looks[value] ?? { word: value, shape: "question", tone: "quiet" };
}
