/** A change is checked and copied at the door, and then decided: its effect on one record is found (rules S1, S2, S4). */

import type { StandardSchemaV1 } from "@standard-schema/spec";
import {
  growthBetween,
  isEmptyObject,
  mergeIntoRecord,
  mergePatchBetween,
  mergePatchWithin,
} from "../diff/merge-patch.ts";
import { SyncError } from "../errors.ts";
import { isJsonObject, type JsonObject, type StateRecord } from "../json/json.ts";
import { bytesOfJson, bytesOfName, bytesOfObject } from "../json/json-bytes.ts";
import { isSafeId } from "../json/safety.ts";
import { freezeJson, lastTaken, takePatch, takeRecord, thawedJson } from "../json/take-json.ts";
import { ignoreWhatComesLater, isThenable } from "../thenable.ts";
import { type ChangeRule, type Model, RECORD_EVICTED } from "./model.ts";

/** This is a change as it is asked for. The authority copies it, so the caller may do with its own value what it likes. */
export interface AskedChange {
  /** The type is written in snake_case and declared in the model. */
  readonly type: string;
  /** This is the id of a host, or `""` when the change concerns no host. */
  readonly target: string;
  /** It may be left out of a change that removes. */
  readonly data?: AskedData | undefined;
}

/** A caller may hold its data so: a member that is undefined counts as left out. */
export interface AskedData {
  readonly [member: string]: AskedValue | undefined;
}

type AskedValue = string | number | boolean | null | readonly AskedValue[] | AskedData;

/** This is one named thing that happened. What the authority logs, tells and sends is frozen at every depth. */
export interface Change extends AskedChange {
  readonly data: JsonObject;
}

/**
 * This change has come through the door: it was checked by rule S4 and copied. `takeChange` alone makes it, and nobody else
 * holds it.
 */
export interface TakenChange extends Change {
  readonly rule: ChangeRule;
  readonly id: string;
  /**
   * A put has the record without its null members here, a patch has the patch, and a remove has its id where it was given here.
   */
  readonly data: JsonObject;
  /** `data` takes about so many bytes of memory (rule P4). */
  readonly held: number;
}

/** The authority keeps a record with its size. */
export interface KeptRecord {
  /** Null means that there is no record. */
  readonly record: StateRecord | null;
  /** The record takes so many bytes as JSON in UTF-8 (rule S8). It is 0 when there is no record. */
  readonly bytes: number;
}

/** This is what one change does to one record. Nothing has been altered yet: the caller stores `after` under `id`. */
export interface Effect {
  /** The effective change is what is logged and what plain clients are sent (rule S1). */
  readonly change: Change;
  readonly collection: string;
  readonly id: string;
  /** Null means that there is no record after the change. */
  readonly after: StateRecord | null;
  /** False means that the record is as it was before. */
  readonly moved: boolean;
  /**
   * This is the merge patch from the record before to `after`, without `id`. It is null when the record came or went, or didn't
   * move.
   */
  readonly patch: JsonObject | null;
}

/** This effect has its sizes, too, which are found on the way. */
export interface MeasuredEffect extends Effect {
  /** `after` takes so many bytes as JSON in UTF-8 (rule S8). It is 0 when there is no record. */
  readonly recordBytes: number;
  /** The data of the effective change takes so many bytes. */
  readonly dataBytes: number;
}

/** It must find nothing under an id that no record has, whatever the id is. A `Map` does so, and an object does not. */
export type ReadRecord = (collection: string, id: string) => StateRecord | undefined;

/**
 * It finds the effect of a change on the state that `read` shows.
 *
 * It throws `invalid_change` when the model doesn't know the type, when the id or a key is refused, or when the validator
 * refuses the record. Then nothing has happened.
 */
export function effectOf(model: Model, change: AskedChange, read: ReadRecord): Effect {
  const taken = takeChange(model, change);
  const record = read(taken.rule.collection, taken.id) ?? null;
  const kept = { record, bytes: bytesOfJson(record) };
  const { recordBytes: _, dataBytes: __, ...effect } = effectOfTaken(model, taken, kept);
  freezeChange(effect.change);
  freezeJson(effect.patch);
  return effect;
}

/** A change that was made here is frozen before it is handed out to somebody who may try to edit it. */
export function freezeChange(change: Change): Change {
  freezeJson(change.data);
  return Object.freeze(change);
}

/** This is the first half of `effectOf`, which needs no state: it takes the change out of the caller's hands (rule S4). */
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
  const held = rule.kind === "remove" ? id.length : lastTaken.held;
  return { type, target, data, rule, id, held };
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
 * This is the second half of `effectOf`: it finds what a taken change does to the record that is there under its id. The record
 * after it is frozen at every depth. The effective change and the patch are not, until somebody hands them out (`freezeChange`).
 */
export function effectOfTaken(model: Model, change: TakenChange, kept: KeptRecord | null): MeasuredEffect {
  const { rule, id } = change;
  const before = kept === null || kept.record === null ? null : kept.record;
  if (before === null) {
    // The id of a record that is there has passed this check before.
    if (!isSafeId(id)) throw idRefused(change.type);
    if (rule.kind !== "put" && rule.missing === "refuse") throw missing(change);
  }
  if (rule.kind === "put") return putEffect(model, change, before, kept?.bytes ?? 0);
  if (rule.kind === "remove") return removeEffect(change, before);
  return before === null ? stillEffect(change, null, 0) : patchEffect(model, change, before, kept?.bytes ?? 0);
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

/** A change is about the id `data.id` when that is present, else about `target` (rule S1). */
export function recordIdOf({ type, target, data }: AskedChange): string {
  const id = data?.id ?? target;
  if (!isSafeId(id)) throw idRefused(type);
  return id;
}

function idRefused(type: string): SyncError {
  return invalid(type, "its id is missing or not allowed (rule S4)");
}

function putEffect(model: Model, change: TakenChange, before: StateRecord | null, bytesBefore: number): MeasuredEffect {
  const { type, target, id } = change;
  const { collection } = change.rule;
  const after = validated(model, change, change.data as StateRecord);
  const patch = before === null ? null : mergePatchBetween(before, after);
  // Much of a record that is put again is as it was, so only what differs is measured.
  const growth = before === null || patch === null ? 0 : growthBetween(before, after, patch);
  const bytes = before === null ? bytesOfObject(after) : bytesBefore + growth;
  const effective = { type, target, data: after };
  const moved = patch === null || !isEmptyObject(patch);
  return {
    change: effective,
    collection,
    id,
    after: moved ? after : before,
    moved,
    patch: moved ? patch : null,
    recordBytes: bytes,
    dataBytes: bytes,
  };
}

function patchEffect(model: Model, change: TakenChange, before: StateRecord, bytesBefore: number): MeasuredEffect {
  const { data: asked } = change;
  const { collection } = change.rule;
  const merged = mergeIntoRecord(before, asked);
  if (model.collections[collection]?.validator !== null) return validatedEffect(model, change, before, merged.after);
  const { after, growth, isWhole, patchBytes } = merged;
  if (after === before) return stillEffect(change, before, bytesBefore);
  const recordBytes = bytesBefore + growth;
  // Most patches set members to other values than they had. Such a patch is its own effect.
  if (isWhole) return movedEffect(change, after, asked, recordBytes, patchBytes);
  const patch = mergePatchWithin(before, after, asked);
  return movedEffect(change, after, patch, recordBytes, bytesOfObject(patch));
}

/** A validator may have altered anything, so the whole records are compared. */
function validatedEffect(
  model: Model,
  change: TakenChange,
  before: StateRecord,
  candidate: StateRecord,
): MeasuredEffect {
  const after = validated(model, change, candidate);
  const patch = mergePatchBetween(before, after);
  if (isEmptyObject(patch)) return stillEffect(change, before, bytesOfObject(before));
  return movedEffect(change, after, patch, bytesOfObject(after), bytesOfObject(patch));
}

function movedEffect(
  change: TakenChange,
  after: StateRecord,
  patch: JsonObject,
  recordBytes: number,
  patchBytes: number,
): MeasuredEffect {
  const { type, target, id } = change;
  const { collection } = change.rule;
  const data = withId(change, patch);
  const dataBytes = data === patch ? patchBytes : patchBytes + bytesOfName("id") + bytesOfJson(id);
  return { change: { type, target, data }, collection, id, after, moved: true, patch, recordBytes, dataBytes };
}

function removeEffect({ type, target, id, data, rule }: TakenChange, before: StateRecord | null): MeasuredEffect {
  return {
    change: { type, target, data },
    collection: rule.collection,
    id,
    after: null,
    moved: before !== null,
    patch: null,
    recordBytes: 0,
    dataBytes: bytesOfObject(data),
  };
}

/** Such a change takes a version and changes nothing (rule S2). */
function stillEffect(change: TakenChange, record: StateRecord | null, recordBytes: number): MeasuredEffect {
  const { type, target, id } = change;
  const { collection } = change.rule;
  const data = withId(change, NO_DATA);
  const dataBytes = bytesOfObject(data);
  return {
    change: { type, target, data },
    collection,
    id,
    after: record,
    moved: false,
    patch: null,
    recordBytes,
    dataBytes,
  };
}

/** A reader of the effective change must find the same id in it, so the id is kept where it was given in `data`. */
function withId({ data: { id } }: TakenChange, data: JsonObject): JsonObject {
  return id === undefined || id === null ? data : Object.freeze({ ...data, id });
}

/** The validator's output is what is stored (rule S1). Without a validator it is the candidate itself, which is frozen. */
function validated(model: Model, change: TakenChange, candidate: StateRecord): StateRecord {
  const { collection } = change.rule;
  const validator = model.collections[collection]?.validator ?? null;
  if (validator === null) return candidate;
  // The validator may alter what it is given, and keep it.
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
