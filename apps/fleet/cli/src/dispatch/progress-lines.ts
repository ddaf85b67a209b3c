/** A line says how far a command is, when that has changed and not more often than people can read. */

import type { Command } from "@neverstale/fleet-domain";
import { progressText } from "../runs/run-lines.ts";
import { oneLine } from "../terminal/plain-text.ts";

const EVERY_MS = 1_000;

export class ProgressLines {
  #shown = "";
  #shownAt = Number.NEGATIVE_INFINITY;

  /** Returns the line to print now, or null. `now` is monotonic. */
  next({ status, progress }: Pick<Command, "status" | "progress">, now: number): string | null {
    if (status !== "running" || progress === undefined || now - this.#shownAt < EVERY_MS) return null;
    const text = oneLine(progressText(progress));
    if (text === this.#shown) return null;
    this.#shown = text;
    this.#shownAt = now;
    return text;
  }
}
