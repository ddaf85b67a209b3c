/** A watched view notes what it printed, at each of its renders. */

import type { Given, Hooks, Seen, View } from "./binding.ts";

export class Watched implements View {
  readonly prints: string[] = [];
  readonly use: (hooks: Hooks, card: Given) => readonly Seen[];
  readonly #format: (values: readonly unknown[]) => string;

  constructor(use: (hooks: Hooks, card: Given) => readonly Seen[], format: (values: readonly unknown[]) => string) {
    this.use = use;
    this.#format = format;
  }

  print(values: readonly unknown[]): string {
    const text = this.#format(values);
    this.prints.push(text);
    return text;
  }
}
