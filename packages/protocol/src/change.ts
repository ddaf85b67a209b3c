import { SyncError } from "./errors.ts";
import { isJsonObject, type JsonObject, type JsonValue, type StateRecord } from "./json.ts";
import { mergePatch, mergePatchBetween } from "./merge-patch.ts";
import { type ChangeRule, type Model, RECORD_EVICTED } from "./model.ts";
import { checkJson, cleanObject, isPlain, isSafeId, isSafeJson, isSafeKey } from "./safety.ts";

/** One named thing that happened. Given to the authority its `data` is the authority's: never altered afterwards. */
export interface Change {
  /** snake_case; declared in the model. */
  readonly type: string;
  /** The host id, or `""` when the change concerns no host. */
  readonly target: string;
  readonly data: JsonObject;
}

/** What one change does to one record. Nothing is altered: the caller stores `after` under `id`. */
export interface Effect {
  /** The effective change: what is logged and what plain clients are sent (rule S1). */
  readonly change: Change;
  readonly collection: string;
  readonly id: string;
  /** The record after the change; null when there is none. */
  readonly after: StateRecord | null;
  /** Whether the record is another than before. */
  readonly moved: boolean;
  /** The merge patch from the record before to `after`, without `id`; null when the record came or went, or didn't move. */
  readonly patch: JsonObject | null;
}

/** Must find nothing under an id that no record has, whatever it is called: a `Map` does, an object doesn't. */
export type ReadRecord = (collection: string, id: string) => StateRecord | undefined;

/**
 * The effect of a change on the state that `read` shows (rules S1, S2, S4).
 *
 * Throws `invalid_change` when the model doesn't know the type, when the id or a key is refused, or when the
 * validator refuses the record; then nothing happened.
 */
export function effectOf(model: Model, change: Change, read: ReadRecord): Effect {
  const id = namedId(change);
  const rule = ruleOf(model, change);
  const before = read(rule.collection, id);
  if (before === undefined) requireSafeId(change, id); // The id of a record that is there has been through this.
  if (rule.kind === "put") return putEffect(model, change, rule.collection, id, before);
  if (rule.kind === "patch") return patchEffect(model, change, rule.collection, id, before);
  return removeEffect(change, rule.collection, id, before);
}

function ruleOf(model: Model, change: Change): ChangeRule {
  if (change.type === RECORD_EVICTED) return evictionRule(model, change);
  const rule = Object.hasOwn(model.changes, change.type) ? model.changes[change.type] : undefined;
  if (rule === undefined) {
    throw new SyncError("invalid_change", `the model knows no change of type "${change.type}"`, {
      hint: "Declare it in the model's `changes`.",
    });
  }
  return rule;
}

function evictionRule(model: Model, change: Change): ChangeRule {
  const collection = change.data.collection;
  if (typeof collection !== "string" || !Object.hasOwn(model.collections, collection)) {
    throw invalid(change, "it names no collection of the model");
  }
  return { kind: "remove", collection };
}

/** The id a change is about: `data.id` when present, else `target` (rule S1). */
export function recordIdOf(change: Change): string {
  const id = namedId(change);
  requireSafeId(change, id);
  return id;
}

function namedId(change: Change): string {
  if (!isJsonObject(change.data)) throw invalid(change, "`data` is not an object");
  const { target } = change;
  const id = change.data.id ?? target;
  if (target !== "" && target !== id && !isSafeId(target)) throw invalid(change, "`target` is not allowed (rule S4)");
  if (typeof id !== "string") throw idRefused(change);
  return id;
}

function requireSafeId(change: Change, id: string): void {
  if (!isSafeId(id)) throw idRefused(change);
}

function idRefused(change: Change): SyncError {
  return invalid(change, "its id is missing or not allowed (rule S4)");
}

function putEffect(
  model: Model,
  change: Change,
  collection: string,
  id: string,
  before: StateRecord | undefined,
): Effect {
  const candidate = cleanObject(change.data.id === id ? change.data : { ...change.data, id }, change.type);
  const after = validated(model, change, collection, id, candidate);
  const effective = { type: change.type, target: change.target, data: after };
  if (before === undefined) return { change: effective, collection, id, after, moved: true, patch: null };
  const patch = mergePatchBetween(before, after);
  if (isEmpty(patch)) return { change: effective, collection, id, after: before, moved: false, patch: null };
  return { change: effective, collection, id, after, moved: true, patch };
}

function patchEffect(
  model: Model,
  change: Change,
  collection: string,
  id: string,
  before: StateRecord | undefined,
): Effect {
  const plain = before === undefined ? null : withPlainMembers(before, change.data);
  if (plain === null) checkJson(change.data, change.type);
  if (before === undefined) return stillEffect(change, collection, id, null);
  const merged = plain ?? (mergePatch(before, change.data) as StateRecord);
  const candidate = merged.id === id ? merged : { ...merged, id };
  const after = validated(model, change, collection, id, candidate);
  const isItself = plain !== null && model.collections[collection]?.validator === null;
  const data = isItself ? change.data : mergePatchBetween(before, after);
  if (isEmpty(data)) return stillEffect(change, collection, id, before);
  const effective = { type: change.type, target: change.target, data: withId(change, data) };
  return { change: effective, collection, id, after, moved: true, patch: data };
}

/**
 * Most patches set members to plain values other than they had: checked and merged in one pass, and each its own effect.
 * Null for all others.
 */
function withPlainMembers(before: StateRecord, patch: JsonObject): StateRecord | null {
  if (!isPlain(patch)) return null;
  let merged: (StateRecord & Record<string, JsonValue>) | null = null;
  for (const key in patch) {
    const value = patch[key] as JsonValue | undefined;
    if (typeof value === "object" || value === before[key] || !isSafeJson(value)) return null;
    if (key === "id" || !isSafeKey(key)) return null;
    merged ??= { ...before };
    merged[key] = value as JsonValue;
  }
  return merged;
}

function isEmpty(object: JsonObject): boolean {
  for (const _ in object) return false;
  return true;
}

function removeEffect(change: Change, collection: string, id: string, before: StateRecord | undefined): Effect {
  const data = change.type === RECORD_EVICTED ? { collection, id } : withId(change, {});
  return {
    change: { type: change.type, target: change.target, data },
    collection,
    id,
    after: null,
    moved: before !== undefined,
    patch: null,
  };
}

/** It takes a version and changes nothing (rule S2). */
function stillEffect(change: Change, collection: string, id: string, record: StateRecord | null): Effect {
  return {
    change: { type: change.type, target: change.target, data: withId(change, {}) },
    collection,
    id,
    after: record,
    moved: false,
    patch: null,
  };
}

/** A reader of the effective change must find the same id in it: kept where it was given in `data`. */
function withId(change: Change, data: JsonObject): JsonObject {
  return change.data.id === undefined || change.data.id === null ? data : { ...data, id: change.data.id };
}

/** The validator's output is what is stored (rule S1); without a validator, the candidate itself. */
function validated(model: Model, change: Change, collection: string, id: string, candidate: JsonObject): StateRecord {
  const validator = model.collections[collection]?.validator ?? null;
  if (validator === null) return candidate as StateRecord;
  const result = validator["~standard"].validate(candidate);
  if (result instanceof Promise)
    throw new Error(`the validator of "${collection}" is asynchronous; a change is decided in one step`);
  if (result.issues !== undefined) {
    const issue = result.issues[0];
    const path = issue?.path?.map((part) => (typeof part === "object" ? part.key : part)).join(".") ?? "";
    throw invalid(change, `${collection}/${id}${path === "" ? "" : ` at ${path}`}: ${issue?.message ?? "refused"}`);
  }
  if (!isJsonObject(result.value)) throw invalid(change, `the validator of "${collection}" gave no object`);
  const output = cleanObject(result.value, change.type) as StateRecord;
  return output.id === id ? output : { ...output, id };
}

function invalid(change: Change, why: string): SyncError {
  return new SyncError("invalid_change", `change "${String(change.type)}" is refused: ${why}`);
}
