/** A model declares what a state is: its collections, its change types, and how much of a collection is kept. */

import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { ReadonlyJson, StateRecord } from "../json/json.ts";
import { isSafeId } from "../json/safety.ts";

/** The authority keeps the newest N of the records that match `where` (rule S3). Without `where` all records match. */
export interface Keep {
  readonly newest: number;
  /** A record matches when each named field has one of the listed values. */
  readonly where?: Readonly<Record<string, readonly (string | number | boolean)[]>>;
}

export interface CollectionOptions {
  readonly keep?: Keep;
  /** Changes of such a collection wait up to 100 ms for a commit that takes place anyway (rule S6). */
  readonly ephemeral?: boolean;
}

export interface Collection<R = unknown> {
  readonly validator: StandardSchemaV1<unknown, R> | null;
  readonly keep: Keep | null;
  readonly ephemeral: boolean;
}

/** A rule says as data what a change type does (rule S1). */
export interface ChangeRule<C extends string = string, Kind extends ChangeKind = ChangeKind> {
  readonly kind: Kind;
  readonly collection: C;
  /** A patch or a remove of a record that isn't there changes nothing (`pass`), or it is refused (rule S2). */
  readonly missing?: MissingRecord;
}

export type ChangeKind = "put" | "patch" | "remove";

export type MissingRecord = "pass" | "refuse";

export interface RuleOptions {
  /** It is `pass` when absent. */
  readonly missing?: MissingRecord;
}

export interface Model<
  Collections extends Readonly<Record<string, Collection>> = Readonly<Record<string, Collection>>,
  Changes extends Readonly<Record<string, ChangeRule>> = Readonly<Record<string, ChangeRule>>,
> {
  /** The developer raises this number when an old screen can't show the new records. */
  readonly model: number;
  readonly collections: Collections;
  readonly changes: Changes;
}

/**
 * This is the state of a model: `StateOf<typeof fleet>["hosts"]` is a `ReadonlyMap<string, Host>`. It is read-only at every
 * depth, as records are altered by changes alone.
 */
export type StateOf<M extends Model> = {
  readonly [C in keyof M["collections"]]: ReadonlyMap<string, RecordIn<M["collections"][C]>>;
};

/** This is the type of a collection's records; a collection without a schema holds any records. */
export type RecordIn<C> = C extends Collection<infer R> ? (unknown extends R ? StateRecord : ReadonlyJson<R>) : never;

/** It declares a collection of records. `schema` is any Standard Schema validator that answers synchronously. */
export function collection<S extends StandardSchemaV1>(
  schema: S,
  options?: CollectionOptions,
): Collection<StandardSchemaV1.InferOutput<S>>;
export function collection<R = StateRecord>(schema?: null, options?: CollectionOptions): Collection<R>;
export function collection(schema: StandardSchemaV1 | null = null, options: CollectionOptions = {}): Collection {
  return { validator: schema, keep: options.keep ?? null, ephemeral: options.ephemeral ?? false };
}

/** A put inserts the record, or replaces it whole. */
export function put<const C extends string>(collection: C): ChangeRule<C, "put"> {
  return { kind: "put", collection };
}

/** A patch alters the record by a JSON Merge Patch (RFC 7396). */
export function patch<const C extends string>(collection: C, options: RuleOptions = {}): ChangeRule<C, "patch"> {
  return { kind: "patch", collection, ...options };
}

export function remove<const C extends string>(collection: C, options: RuleOptions = {}): ChangeRule<C, "remove"> {
  return { kind: "remove", collection, ...options };
}

/** By this change the authority evicts what `keep` doesn't keep. Its data is `{collection, id}` (rule S3). */
export const RECORD_EVICTED = "record_evicted";

/** By this change, of no data, the authority logs that a release gives records other keys than they had (rule V4). */
export const VIEWS_REBUILT = "views_rebuilt";

const CHANGE_TYPE = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;

/** It checks the declaration and returns it. It throws a plain error, as a wrong model is a bug and not an input. */
export function defineModel<
  const Collections extends Readonly<Record<string, Collection>>,
  const Changes extends Readonly<Record<string, ChangeRule<keyof Collections & string>>>,
>(model: Model<Collections, Changes>): Model<Collections, Changes> {
  if (!Number.isSafeInteger(model.model) || model.model < 0) throw new Error("`model` is a whole number, 0 or more");
  for (const [name, declared] of Object.entries(model.collections)) checkCollection(name, declared);
  for (const [type, rule] of Object.entries(model.changes)) checkRule(model, type, rule);
  return model;
}

function checkCollection(name: string, declared: Collection): void {
  if (!isSafeId(name) || name.startsWith("~")) throw new Error(`"${name}" can't be the name of a collection`);
  if (declared.validator !== null && typeof declared.validator["~standard"]?.validate !== "function")
    throw new Error(`the schema of "${name}" is no Standard Schema; options come second, after it or null`);
  const newest = declared.keep?.newest ?? 1;
  if (!Number.isSafeInteger(newest) || newest < 1)
    throw new Error(`keep.newest of "${name}" is a whole number, 1 or more`);
}

function checkRule(model: Model, type: string, rule: ChangeRule): void {
  if (type === RECORD_EVICTED || type === VIEWS_REBUILT) throw new Error(`"${type}" is the authority's own change`);
  if (!CHANGE_TYPE.test(type)) throw new Error(`change type "${type}" is not snake_case`);
  if (rule.kind !== "put" && rule.kind !== "patch" && rule.kind !== "remove")
    throw new Error(`change type "${type}" is none of put, patch and remove`);
  const { missing = "pass" } = rule;
  if (missing !== "pass" && (missing !== "refuse" || rule.kind === "put"))
    throw new Error(`\`missing\` of change type "${type}" is "pass" or, unless it puts, "refuse"`);
  if (!Object.hasOwn(model.collections, rule.collection)) {
    throw new Error(`change type "${type}" names the collection "${rule.collection}", which the model doesn't have`);
  }
}
