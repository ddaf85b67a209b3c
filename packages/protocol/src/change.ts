import type { StandardSchemaV1 } from "@standard-schema/spec";
import { SyncError } from "./errors.ts";
import { isJsonObject, type JsonObject, type JsonValue, type StateRecord } from "./json.ts";
import { mergePatch, mergePatchBetween, mergePatchWithin } from "./merge-patch.ts";
import { type ChangeRule, type Model, RECORD_EVICTED } from "./model.ts";
import { isSafeId } from "./safety.ts";
import { freezeJson, takePatch, takeRecord, thawedJson } from "./take-json.ts";
import { ignoreWhatComesLater, isThenable } from "./thenable.ts";

/** A change as it is asked for. What is given to the authority is copied: the caller may do with its own what it likes. */
export interface AskedChange {
  /** snake_case; declared in the model. */
  readonly type: string;
  /** The host id, or `""` when the change concerns no host. */
  readonly target: string;
  /** May be left out of a change that removes. */
  readonly data?: JsonObject | undefined;
}

/** One named thing that happened. What the authority logs, tells and sends is frozen at every depth. */
export interface Change extends AskedChange {
  readonly data: JsonObject;
}

/**
 * A change that has come through the door: checked by rule S4 and copied, so that nobody else holds it. Made by `takeChange`
 * alone.
 */
export interface TakenChange extends Change {
  readonly rule: ChangeRule;
  readonly id: string;
  /** Of a put, the record without its null members; of a patch, the patch; of a remove, its id where that was given here. */
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
export function effectOf(model: Model, change: AskedChange, read: ReadRecord): Effect {
  const effect = effectOfTaken(model, takeChange(model, change), read);
  freezeChange(effect.change);
  freezeJson(effect.patch);
  return effect;
}

/** Before a change that was made here is handed out, to one who may try to edit it. */
export function freezeChange(change: Change): Change {
  freezeJson(change.data);
  return Object.freeze(change);
}

/** The first half of `effectOf`, which needs no state: takes the change out of the caller's hands (rule S4). */
export function takeChange(model: Model, change: AskedChange): TakenChange {
  if (!isJsonObject(change)) throw new SyncError("invalid_change", "a change is an object: `{type, target, data}`");
  const { type, target, data: given } = change as AskedChange;
  if (typeof type !== "string") throw new SyncError("invalid_change", "the `type` of a change is a string");
  const rule = ruleOf(model, type, given);
  const asked = given === undefined && rule.kind === "remove" ? NO_DATA : given;
  if (!isJsonObject(asked)) throw invalid(type, "`data` is not an object");
  const data = takeData(type, target, rule, asked);
  const id = data.id ?? target;
  if (target !== "" && target !== id && !isSafeId(target)) throw invalid(type, "`target` is not allowed (rule S4)");
  if (typeof id !== "string") throw idRefused(type);
  return { type, target, data, rule, id };
}

const NO_DATA: JsonObject = Object.freeze({});

function takeData(type: string, target: string, rule: ChangeRule, asked: JsonObject): JsonObject {
  if (rule.kind === "put") return takeRecord(asked, type, target);
  if (rule.kind === "patch") return takePatch(asked, type);
  const { id } = asked;
  if (type === RECORD_EVICTED) return Object.freeze({ collection: rule.collection, id: id ?? target });
  return id === undefined || id === null ? NO_DATA : Object.freeze({ id });
}

function ruleOf(model: Model, type: string, data: unknown): ChangeRule {
  if (type === RECORD_EVICTED) return evictionRule(model, data);
  const rule = Object.hasOwn(model.changes, type) ? model.changes[type] : undefined;
  if (rule !== undefined) return rule;
  throw new SyncError("invalid_change", `the model knows no change of type "${shown(type)}"`, {
    hint: "Declare it in the model's `changes`.",
  });
}

function evictionRule(model: Model, data: unknown): ChangeRule {
  const collection = isJsonObject(data) ? data.collection : undefined;
  if (typeof collection !== "string" || !Object.hasOwn(model.collections, collection)) {
    throw invalid(RECORD_EVICTED, "it names no collection of the model");
  }
  return { kind: "remove", collection };
}

/**
 * The second half: what a change that was taken does to the state. The record after it is frozen at every depth; the
 * effective change and the patch are not, until somebody hands them out (`freezeChange`).
 */
export function effectOfTaken(model: Model, change: TakenChange, read: ReadRecord): Effect {
  const { rule, id } = change;
  const before = read(rule.collection, id);
  // The id of a record that is there has been through this.
  if (before === undefined && !isSafeId(id)) throw idRefused(change.type);
  if (rule.kind === "put") return putEffect(model, change, before);
  if (before === undefined && rule.missing === "refuse") throw missing(change);
  return rule.kind === "patch" ? patchEffect(model, change, before) : removeEffect(change, before);
}

function missing({ type, rule, id }: TakenChange): SyncError {
  return new SyncError(
    "invalid_change",
    `change "${type}" is refused: there is no record "${id}" in "${rule.collection}"`,
    {
      hint: "Add the record first, or let the model pass over records that are missing (rule S2).",
    },
  );
}

/** The id a change is about: `data.id` when present, else `target` (rule S1). */
export function recordIdOf({ type, target, data }: AskedChange): string {
  const id = data?.id ?? target;
  if (!isSafeId(id)) throw idRefused(type);
  return id;
}

function idRefused(type: string): SyncError {
  return invalid(type, "its id is missing or not allowed (rule S4)");
}

function putEffect(model: Model, change: TakenChange, before: StateRecord | undefined): Effect {
  const { collection } = change.rule;
  const { id } = change;
  const after = validated(model, change, change.data as StateRecord);
  const effective = effectiveChange(change, after);
  if (before === undefined) return { change: effective, collection, id, after, moved: true, patch: null };
  const patch = mergePatchBetween(before, after);
  if (isEmpty(patch)) return { change: effective, collection, id, after: before, moved: false, patch: null };
  return { change: effective, collection, id, after, moved: true, patch };
}

function effectiveChange({ type, target }: TakenChange, data: JsonObject): Change {
  return { type, target, data };
}

function patchEffect(model: Model, change: TakenChange, before: StateRecord | undefined): Effect {
  if (before === undefined) return stillEffect(change, null);
  const { collection } = change.rule;
  const { id } = change;
  const plain = withPlainMembers(before, change.data);
  const after = validated(model, change, plain ?? merged(before, change));
  const isAsAsked = model.collections[collection]?.validator === null;
  const patch = plain !== null && isAsAsked ? change.data : patchBetween(before, after, isAsAsked ? change.data : null);
  if (isEmpty(patch)) return stillEffect(change, before);
  return { change: effectiveChange(change, withId(change, patch)), collection, id, after, moved: true, patch };
}

/** `named`: the merge patch that was asked for, beyond which nothing differs; null: a validator may have altered anything. */
function patchBetween(before: StateRecord, after: StateRecord, named: JsonObject | null): JsonObject {
  return named === null ? mergePatchBetween(before, after) : mergePatchWithin(before, after, named);
}

function merged(before: StateRecord, { id, data }: TakenChange): StateRecord {
  const after = mergePatch(before, data) as StateRecord;
  return freezeMerged(after.id === id ? after : { ...after, id }, data);
}

/** Freezes what a merge made anew: the rest is of the record before or of the patch, and frozen there. */
function freezeMerged<T extends JsonObject>(after: T, patch: JsonObject): T {
  for (const key in patch) {
    const member = patch[key];
    if (isJsonObject(member)) freezeMerged(after[key] as JsonObject, member);
  }
  return Object.freeze(after);
}

/** Most patches set members to plain values other than they had: each is its own effect. Null for all others. */
function withPlainMembers(before: StateRecord, patch: JsonObject): StateRecord | null {
  let after: (StateRecord & Record<string, JsonValue>) | null = null;
  for (const key in patch) {
    const value = patch[key] as JsonValue;
    if (typeof value === "object" || value === before[key] || key === "id") return null;
    after ??= { ...before };
    after[key] = value;
  }
  return after === null ? null : Object.freeze(after);
}

function isEmpty(object: JsonObject): boolean {
  for (const _ in object) return false;
  return true;
}

function removeEffect(change: TakenChange, before: StateRecord | undefined): Effect {
  const { id, data } = change;
  const { collection } = change.rule;
  return {
    change: effectiveChange(change, data),
    collection,
    id,
    after: null,
    moved: before !== undefined,
    patch: null,
  };
}

/** It takes a version and changes nothing (rule S2). */
function stillEffect(change: TakenChange, record: StateRecord | null): Effect {
  const { id } = change;
  const { collection } = change.rule;
  const effective = effectiveChange(change, withId(change, NO_DATA));
  return { change: effective, collection, id, after: record, moved: false, patch: null };
}

/** A reader of the effective change must find the same id in it: kept where it was given in `data`. */
function withId({ data: { id } }: TakenChange, data: JsonObject): JsonObject {
  return id === undefined || id === null ? data : Object.freeze({ ...data, id });
}

/** The validator's output is what is stored (rule S1); without a validator, the candidate itself, which is frozen. */
function validated(model: Model, change: TakenChange, candidate: StateRecord): StateRecord {
  const { collection } = change.rule;
  const validator = model.collections[collection]?.validator ?? null;
  if (validator === null) return candidate;
  // It may alter what it is given, and keep it.
  const result = validator["~standard"].validate(thawedJson(candidate));
  if (isThenable(result)) {
    ignoreWhatComesLater(result);
    throw new Error(`the validator of "${collection}" is asynchronous; a change is decided in one step`);
  }
  if (result.issues !== undefined) throw refusedBy(change, result.issues[0]);
  if (!isJsonObject(result.value)) throw invalid(change.type, `the validator of "${collection}" gave no object`);
  const output = takeRecord(result.value, change.type, change.id) as StateRecord;
  return output.id === change.id ? output : Object.freeze({ ...output, id: change.id });
}

function refusedBy({ type, rule, id }: TakenChange, issue: StandardSchemaV1.Issue | undefined): SyncError {
  const path = issue?.path?.map((part) => (typeof part === "object" ? part.key : part)).join(".") ?? "";
  const where = `${rule.collection}/${id}${path === "" ? "" : ` at ${path}`}`;
  return new SyncError(
    "invalid_change",
    `change "${shown(type)}" is refused: ${where}: ${issue?.message ?? "refused"}`,
    {
      hint: "The record as it would be is not what its schema asks for. If this change didn't bring that about, what is stored needs mending.",
    },
  );
}

function invalid(type: string, why: string): SyncError {
  return new SyncError("invalid_change", `change "${shown(type)}" is refused: ${why}`);
}

/** A message stays short, whatever it is about. */
function shown(name: string): string {
  return name.slice(0, 200);
}
