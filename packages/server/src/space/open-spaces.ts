import { isSafeId, type Model, SyncError } from "@neverstale/protocol";
import { MAIN_SPACE } from "../authority/transaction.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { SpaceContents, Store } from "../store/contract.ts";
import { type Epochs, SpaceLineage } from "./lineage.ts";
import { replayLog } from "./replay.ts";
import { Space, spaceFromStore } from "./space.ts";
import { SpaceDraft } from "./space-draft.ts";

/** Which model a space has, by its name. */
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

/** Throws a plain error for a name that `find` would never come to: a wrong declaration is a bug, not an input. */
function checkName(name: string): void {
  if (!isSafeId(name)) throw new Error(`a space can't be called "${name}" (rule S4)`);
  if (name === MAIN_SPACE) throw new Error(`the model of "${MAIN_SPACE}" is \`model\`, not one of \`spaces\``);
  const prefix = name.indexOf("/");
  if (name.endsWith("/") && prefix !== name.length - 1)
    throw new Error(`spaces can't be declared by "${name}": a prefix ends with its first "/"`);
}

/** The stored spaces, brought to memory: the folded records, then the log after them. */
export function openSpaces(
  stored: readonly SpaceContents[],
  models: SpaceModels,
  epochs: Epochs,
  maxTombstones: number,
): Map<string, Space> {
  const spaces = new Map<string, Space>();
  for (const contents of stored) {
    const model = models.of(contents.name);
    const space = spaceFromStore(contents, model, epochs, maxTombstones);
    replayLog(space, contents.log, maxTombstones);
    dropUndeclared(space);
    checkDigest(space, contents);
    spaces.set(space.name, space);
  }
  return spaces;
}

/** What the model has no room for must be empty by the end of the log. */
function dropUndeclared(space: Space): void {
  const collection = space.dropAdopted();
  if (collection === null) return;
  throw new SyncError(
    "store_damaged",
    `the store holds records of "${collection}" in "${space.name}", which the model doesn't declare`,
    { hint: "Keep the collection declared and remove its records by changes in `migrate` (rule E6)." },
  );
}

/** Rule G2: what a clean close wrote must be what is read. */
function checkDigest(space: Space, contents: SpaceContents): void {
  const stored = contents.digest;
  if (stored === null || stored.version !== space.head || stored.digest === space.digest()) return;
  throw new SyncError("store_damaged", `the records of "${space.name}" are not those that were stored`, {
    hint: "The data file was altered, the disk is failing, or a program that used an older release edited records in memory: restore the last backup.",
  });
}

/** The main space is there from the first start on, with its creation id. */
export async function createMain(store: Store, model: Model, runtime: Runtime, epochs: Epochs): Promise<Space> {
  const space = new Space(MAIN_SPACE, runtime.newId(), model, new SpaceLineage(epochs, []));
  const at = runtime.wallTime();
  const created = new SpaceDraft(space, true, at, null).toCommit(epochs.today);
  await store.commit({ at, ageAt: at, spaces: [created], history: [], answers: [] });
  return space;
}
