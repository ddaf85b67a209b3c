/** The page's shortcuts: one table says the keys, what they do, and what the list of them (`?`) shows. */

import type { Screen } from "../state/place.ts";

export type ShortcutAction =
  | { readonly type: "palette" | "help" | "filter" | "dock" | "pause" | "past" | "run" }
  | { readonly type: "go"; readonly screen: Screen };

export interface Shortcut {
  /** These follow each other within a moment. `mod` stands for Ctrl, and for Cmd on a Mac. */
  readonly keys: readonly string[];
  readonly words: string;
  readonly action: ShortcutAction;
}

export const SHORTCUTS: readonly Shortcut[] = [
  { keys: ["mod+k"], words: "Find a host, a screen, an op or a run", action: { type: "palette" } },
  { keys: ["?"], words: "Show this list", action: { type: "help" } },
  { keys: ["/"], words: "Filter the list on screen", action: { type: "filter" } },
  { keys: ["o"], words: "Fold or unfold the outputs", action: { type: "dock" } },
  { keys: ["p"], words: "Pause the page, or resume it", action: { type: "pause" } },
  { keys: ["r"], words: "Run something on the chosen hosts", action: { type: "run" } },
  { keys: ["t"], words: "Look back in time, or go back to now", action: { type: "past" } },
  { keys: ["g", "o"], words: "Go to the overview", action: { type: "go", screen: "overview" } },
  { keys: ["g", "h"], words: "Go to the hosts", action: { type: "go", screen: "hosts" } },
  { keys: ["g", "r"], words: "Go to the runs", action: { type: "go", screen: "runs" } },
  { keys: ["g", "p"], words: "Go to the pipelines", action: { type: "go", screen: "pipelines" } },
  { keys: ["g", "a"], words: "Go to the alerts", action: { type: "go", screen: "alerts" } },
  { keys: ["g", "e"], words: "Go to the events", action: { type: "go", screen: "events" } },
  { keys: ["g", "s"], words: "Go to the settings", action: { type: "go", screen: "settings" } },
];

/** It is one key as the browser tells of it. */
export interface PressedKey {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}

/** The second key of a shortcut comes within this time. */
const TOGETHER_MS = 1_500;

/** It reads one key after the other, and knows when a shortcut is complete. */
export class ShortcutReader {
  #before: readonly string[] = [];
  #beforeMs = Number.NEGATIVE_INFINITY;

  /**
   * `isTyping` says that the key goes into a field, and `single` whether keys without Ctrl or Cmd count at all: whoever speaks to
   * the machine, or hits keys by accident, can turn those off.
   */
  read(pressed: PressedKey, nowMs: number, { isTyping, single }: KeyContext): ShortcutAction | null {
    const name = nameOf(pressed);
    if (name === null || (!name.startsWith("mod+") && (isTyping || !single))) return this.#forget();
    const keys = nowMs - this.#beforeMs <= TOGETHER_MS ? [...this.#before, name] : [name];
    const found = complete(keys) ?? complete([name]);
    if (found !== null) {
      this.#forget();
      return found;
    }
    this.#before = begins(keys) ? keys : begins([name]) ? [name] : [];
    this.#beforeMs = nowMs;
    return null;
  }

  #forget(): null {
    this.#before = [];
    return null;
  }
}

export interface KeyContext {
  readonly isTyping: boolean;
  readonly single: boolean;
}

function nameOf({ key, ctrlKey, metaKey, altKey }: PressedKey): string | null {
  if (altKey || key.length !== 1) return null;
  return ctrlKey || metaKey ? `mod+${key.toLowerCase()}` : key;
}

function complete(keys: readonly string[]): ShortcutAction | null {
  return SHORTCUTS.find((shortcut) => shortcut.keys.join(" ") === keys.join(" "))?.action ?? null;
}

function begins(keys: readonly string[]): boolean {
  return SHORTCUTS.some((shortcut) => shortcut.keys.join(" ").startsWith(`${keys.join(" ")} `));
}
