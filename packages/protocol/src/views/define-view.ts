/** The views of a model are declared once: which keys a record has, and which fields a role shows (rule V1). */

import { SyncError } from "../errors.ts";
import type { StateRecord } from "../json/json.ts";
import type { Model, RecordIn } from "../model/model.ts";
import { type Lens, Lenses } from "./lens.ts";
import { GrantedView, type RoleLenses } from "./view.ts";

/** The keys of a record are those of another one, whose id stands in its field. It has none where that one is not there. */
export interface Through<C extends string = string, Field extends string = string> {
  readonly through: C;
  readonly field: Field;
}

/** It gives a record the keys of the record of `collection` that its `field` names. */
export function through<const C extends string, const Field extends string>(
  collection: C,
  field: Field,
): Through<C, Field> {
  return { through: collection, field };
}

/** It gives a record its keys. It is pure: equal records have equal keys, at every time and on every node. */
type KeysOf<R> = (record: R) => readonly string[];

type Collections<M extends Model> = M["collections"];
type CollectionName<M extends Model> = keyof Collections<M> & string;
type FieldName<M extends Model, C extends keyof Collections<M>> = keyof RecordIn<Collections<M>[C]> & string;

export interface ViewsDeclaration<M extends Model, Role extends string> {
  /** A record of a collection that is not named here is in no view. */
  readonly keys: {
    readonly [C in keyof Collections<M>]?:
      | KeysOf<RecordIn<Collections<M>[C]>>
      | Through<CollectionName<M>, FieldName<M, C>>;
  };
  /** A role shows the fields that it lists, or `"*"`, which is all of them. It shows no record of a collection that it does not name. */
  readonly roles: {
    readonly [R in Role]: { readonly [C in keyof Collections<M>]?: "*" | readonly FieldName<M, C>[] };
  };
}

/** Views of any model. */
export type AnyViews = Views<Model, string>;

export class Views<M extends Model = Model, Role extends string = string> {
  readonly model: M;
  readonly #keys = new Map<string, KeysOf<StateRecord> | Through>();
  readonly #roles = new Map<string, RoleLenses>();
  readonly #lenses = new Lenses();
  readonly #listed = new Map<string, ReadonlySet<string>>();
  readonly #targets = new Set<string>();

  /** `defineView` makes one. */
  constructor(model: M, keys: Readonly<Record<string, unknown>>, roles: Readonly<Record<string, unknown>>) {
    this.model = model;
    for (const [name, declared] of Object.entries(keys)) this.#keys.set(name, this.#checkedKeys(name, declared, keys));
    const names = Object.entries(roles);
    if (names.length > MAX_ROLES) throw new Error(`a model has at most ${MAX_ROLES} roles`);
    for (const [name, role] of names) this.#roles.set(name, this.#roleOf(name, role as RoleFields));
    for (const collection of this.#keys.keys()) this.#listed.set(collection, this.#fieldsListedOf(collection));
  }

  /** A grant says that records which have the key are shown with the fields of the role. There are at most 256. */
  of(grants: { readonly [key: string]: Role }): GrantedView {
    const given = Object.entries(grants);
    if (given.length > MAX_GRANTS) throw new Error(`a view has at most ${MAX_GRANTS} grants`);
    const lensesOf = ([key, name]: [string, Role]) => {
      const role = this.#roles.get(name);
      if (role === undefined) throw new Error(`there is no role "${name}"`);
      return [key, role] as const;
    };
    return new GrantedView(this.model, this.#lenses, new Map(given.map(lensesOf)));
  }

  /** Records of such a collection are in some view. */
  isShown(collection: string): boolean {
    return this.#keys.has(collection);
  }

  /** It says through which record those of the collection have their keys. It is null where a function gives them. */
  throughOf(collection: string): Through | null {
    const declared = this.#keys.get(collection);
    return typeof declared === "object" ? declared : null;
  }

  /** Some role lists these fields of the collection. */
  listedFields(collection: string): ReadonlySet<string> {
    return this.#listed.get(collection) ?? NO_FIELDS;
  }

  /**
   * It returns the keys that the function of the collection gives a record, in order and each once, or none where it has no function.
   * It throws `invalid_change` where the function throws, or gives what are no keys. Where they are those that are `known`, it returns
   * that very list.
   */
  keysOf(collection: string, record: StateRecord, known: readonly string[] = NONE): readonly string[] {
    const declared = this.#keys.get(collection);
    return typeof declared === "function" ? checked(collection, record, declared, known) : NONE;
  }

  /** Some records have the keys of those of the collection. */
  isGoneThrough(collection: string): boolean {
    return this.#targets.has(collection);
  }

  #checkedKeys(name: string, declared: unknown, all: Readonly<Record<string, unknown>>): KeysOf<StateRecord> | Through {
    if (!Object.hasOwn(this.model.collections, name)) throw new Error(`the model has no collection "${name}"`);
    if (typeof declared === "function") return declared as KeysOf<StateRecord>;
    const way = declared as Through;
    if (typeof all[way.through] !== "function")
      throw new Error(`the keys of "${name}" are those of "${way.through}", for which no function gives keys`);
    this.#targets.add(way.through);
    return way;
  }

  #roleOf(name: string, role: RoleFields): RoleLenses {
    const lenses = new Map<string, Lens>();
    for (const [collection, fields] of Object.entries(role)) {
      if (!Object.hasOwn(this.model.collections, collection))
        throw new Error(`the role "${name}" names the collection "${collection}", which the model doesn't have`);
      lenses.set(collection, this.#lenses.of(fields));
    }
    return lenses;
  }

  #fieldsListedOf(collection: string): ReadonlySet<string> {
    return new Set([...this.#roles.values()].flatMap((role) => role.get(collection)?.fields ?? []));
  }
}

type RoleFields = Readonly<Record<string, "*" | readonly string[]>>;

/** It declares who may see what of a model's records. It throws a plain error for a wrong declaration, which is a bug. */
export function defineView<M extends Model, const Role extends string>(
  model: M,
  { keys, roles }: ViewsDeclaration<M, Role>,
): Views<M, Role> {
  return new Views(model, keys, roles);
}

function checked(
  collection: string,
  record: StateRecord,
  keysOf: KeysOf<StateRecord>,
  known: readonly string[],
): readonly string[] {
  let keys: unknown;
  try {
    keys = keysOf(record);
  } catch (cause) {
    throw refused(collection, record, `its keys can't be computed: ${String(cause)}`, cause);
  }
  if (!Array.isArray(keys) || keys.length > MAX_KEYS)
    throw refused(collection, record, `its keys are no list of at most ${MAX_KEYS}`);
  if (areSame(keys, known)) return known;
  for (const key of keys) if (!isKey(key)) throw refused(collection, record, "one of its keys is not allowed");
  return isInOrder(keys) ? keys : [...new Set<string>(keys)].sort();
}

function isKey(key: unknown): boolean {
  return (
    typeof key === "string" &&
    key.length > 0 &&
    key.length <= MAX_KEY_LENGTH &&
    key.isWellFormed() &&
    !key.includes("\0")
  );
}

function areSame(keys: readonly unknown[], known: readonly string[]): boolean {
  if (keys.length !== known.length) return false;
  for (let at = 0; at < known.length; at += 1) if (keys[at] !== known[at]) return false;
  return true;
}

/** Most records have one key or two. */
function isInOrder(keys: readonly string[]): boolean {
  for (let at = 1; at < keys.length; at += 1) if ((keys[at - 1] as string) >= (keys[at] as string)) return false;
  return true;
}

function refused(collection: string, { id }: StateRecord, why: string, cause?: unknown): SyncError {
  const hint = "See what `keys` of `defineView` gives for this record (rule V1).";
  return new SyncError(
    "invalid_change",
    `${collection}/${id}: ${why}`,
    cause === undefined ? { hint } : { hint, cause },
  );
}

const NONE: readonly string[] = Object.freeze([]);
const NO_FIELDS: ReadonlySet<string> = new Set();
const MAX_KEYS = 64;
/** This is counted in UTF-16 code units. */
const MAX_KEY_LENGTH = 128;
const MAX_GRANTS = 256;
const MAX_ROLES = 16;
