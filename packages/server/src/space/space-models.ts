/** A space has the model that is declared for its name. */

import { isSafeId, type Model, SyncError } from "@neverstale/protocol";
import { LINES_SPACE, linesModel } from "../mutations/lines-space.ts";

export class SpaceModels {
  readonly #main: Model;
  readonly #others: Readonly<Record<string, Model>>;

  constructor(main: Model, others: Readonly<Record<string, Model>>) {
    this.#main = main;
    this.#others = others;
    for (const name of Object.keys(others)) checkName(name);
  }

  find(name: string): Model | null {
    if (name === MAIN_SPACE) return this.#main;
    if (name === LINES_SPACE) return linesModel;
    if (Object.hasOwn(this.#others, name) && !name.endsWith("/")) return this.#others[name] ?? null;
    const prefix = name.slice(0, name.indexOf("/") + 1);
    return prefix !== "" && prefix !== name && Object.hasOwn(this.#others, prefix)
      ? (this.#others[prefix] ?? null)
      : null;
  }

  /** Throws `unknown_space` for a name that none was declared for. */
  of(name: string): Model {
    const model = this.find(name);
    if (model !== null) return model;
    throw new SyncError("unknown_space", `no model is declared for a space named "${name}"`, {
      hint: "Declare it in `spaces`; one that is stored can be removed in `migrate` then.",
    });
  }
}

/** The name of the space that `manager.apply` and `manager.state` speak of. */
export const MAIN_SPACE = "main";

/** Throws a plain error for a name that `find` would never come to: a wrong declaration is a bug, not an input. */
function checkName(name: string): void {
  if (!isSafeId(name)) throw new Error(`a space can't be called "${name}" (rule S4)`);
  if (name === LINES_SPACE) throw new Error(`the space "${LINES_SPACE}" is the authority's own`);
  if (name === MAIN_SPACE) throw new Error(`the model of "${MAIN_SPACE}" is \`model\`, not one of \`spaces\``);
  const prefix = name.indexOf("/");
  if (name.endsWith("/") && prefix !== name.length - 1)
    throw new Error(`spaces can't be declared by "${name}": a prefix ends with its first "/"`);
}

/** It returns a space that may be followed, or null. What the authority keeps for itself is none, whoever asks. */
export function followable<S>(spaces: { space(name: string): S | null }, name: string): S | null {
  return name === LINES_SPACE ? null : spaces.space(name);
}
