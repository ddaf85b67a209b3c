/** A status stands in tables and titles as a mark with its word. */

import { useOld } from "../state/old.ts";
import type { Look } from "./look.ts";
import { Mark } from "./mark.tsx";

export interface StatusProps {
  readonly look: Look;
  readonly strong?: boolean;
  /** It is so for now, and may be otherwise a moment later. While the page is not live, the word says what was. */
  readonly passing?: boolean;
}

export function Status({ look, strong = false, passing = false }: StatusProps) {
  const { word, shape, tone } = useLook(look, passing);
  return (
    <span className={`status tone-${tone}${strong ? " status-strong" : ""}`}>
      <Mark shape={shape} tone={tone} />
      {word}
    </span>
  );
}

/** It gives `Ready`, or `Was ready` while nobody knows whether it still is. */
export function useLook(look: Look, passing: boolean): Look {
  const old = useOld();
  if (!passing || !old) return look;
  return { word: `Was ${look.word === "OK" ? look.word : look.word.toLowerCase()}`, shape: "ring", tone: "quiet" };
}
