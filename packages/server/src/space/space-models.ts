/** A space has the model that is declared for its name. */

import { type AnyViews, isSafeId, type Model, SyncError } from "@neverstale/protocol";
import { LINES_SPACE, linesModel } from "../mutations/lines-space.ts";
import { SECRETS_SPACE, secretsModel } from "./views/secrets-space.ts";

export class SpaceModels {
  readonly #main: Model;
  readonly #others: Readonly<Record<string, Model>>;
  readonly #views: readonly AnyViews[];

  constructor(main: Model, others: Readonly<Record<string, Model>>, views: readonly AnyViews[] = []) {
    this.#main = main;
    this.#others = others;
    this.#views = views;
    checkViews(views, [main, ...Object.values(others)]);
    for (const name of Object.keys(others)) checkName(name);
  }

  find(name: string): Model | null {
    if (name === MAIN_SPACE) return this.#main;
    const own = OWN_SPACES.get(name);
    if (own !== undefined) return own;
    if (Object.hasOwn(this.#others, name) && !name.endsWith("/")) return this.#others[name] ?? null;
    const prefix = name.slice(0, name.indexOf("/") + 1);
    return prefix !== "" && prefix !== name && Object.hasOwn(this.#others, prefix)
      ? (this.#others[prefix] ?? null)
      : null;
  }

  /** It returns the views of the space's model, or null where it has none and everything is shown. */
  viewsOf(name: string): AnyViews | null {
    const model = this.#views.length === 0 ? null : this.find(name);
    return this.#views.find((views) => views.model === model) ?? null;
  }

  /** The views of some model are declared. */
  get haveViews(): boolean {
    return this.#views.length > 0;
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

/** The authority keeps these for itself. */
const OWN_SPACES: ReadonlyMap<string, Model> = new Map<string, Model>([
  [LINES_SPACE, linesModel],
  [SECRETS_SPACE, secretsModel],
]);

/** The name of the space that `manager.apply` and `manager.state` speak of. */
export const MAIN_SPACE = "main";

/** Throws a plain error for a name that `find` would never come to: a wrong declaration is a bug, not an input. */
function checkName(name: string): void {
  if (!isSafeId(name)) throw new Error(`a space can't be called "${name}" (rule S4)`);
  if (OWN_SPACES.has(name)) throw new Error(`the space "${name}" is the authority's own`);
  if (name === MAIN_SPACE) throw new Error(`the model of "${MAIN_SPACE}" is \`model\`, not one of \`spaces\``);
  const prefix = name.indexOf("/");
  if (name.endsWith("/") && prefix !== name.length - 1)
    throw new Error(`spaces can't be declared by "${name}": a prefix ends with its first "/"`);
}

function checkViews(views: readonly AnyViews[], models: readonly Model[]): void {
  const shown = views.map(({ model }) => model);
  if (shown.some((model) => !models.includes(model))) throw new Error("`views` are of a model that no space has");
  if (new Set(shown).size < shown.length) throw new Error("a model has its views declared once");
}

/** It returns a space that may be followed, or null. What the authority keeps for itself is none, whoever asks. */
export function followable<S>(spaces: { space(name: string): S | null }, name: string): S | null {
  return OWN_SPACES.has(name) ? null : spaces.space(name);
}
