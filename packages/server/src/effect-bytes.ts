import type { Effect, JsonObject, JsonValue, StateRecord } from "@neverstale/protocol";
import { bytesOfJson, bytesOfName, bytesOfObject, bytesOfString } from "./json-bytes.ts";

/** What a change takes as JSON beside its type, its target and its data, with what parts it from the next one. */
const CHANGE_FRAME = '{"type":"","target":,"data":},'.length;

/**
 * The bytes of what one change makes (rule S8). Measured on the way of every change, so only what moved is looked at: a
 * patch costs its own fields, however large its record is.
 */
export class EffectBytes {
  /** Of the record after it; 0 when there is none. */
  record = 0;
  /** Of the effective change itself. */
  change = 0;

  /** `bytesBefore`: of the record before, 0 when there was none. */
  measure(effect: Effect, before: StateRecord | undefined, bytesBefore: number): void {
    const { type, target, data } = effect.change;
    const frame = CHANGE_FRAME + type.length + bytesOfString(target);
    if (effect.patch === null || before === undefined) {
      this.record = effect.after === null ? 0 : effect.moved ? bytesOfObject(effect.after) : bytesBefore;
      this.change = frame + (data === effect.after ? this.record : bytesOfObject(data));
      return;
    }
    const patch = this.#measurePatch(effect.patch, effect.after as StateRecord, before, bytesBefore);
    const id = data.id === undefined ? 0 : bytesOfName("id") + bytesOfJson(data.id);
    this.change = frame + (data === effect.after ? this.record : patch + id);
  }

  /** Sets `record`; returns what the patch itself takes. */
  #measurePatch(patch: JsonObject, after: StateRecord, before: StateRecord, bytesBefore: number): number {
    let record = bytesBefore;
    let bytes = 2;
    for (const field in patch) {
      const name = bytesOfName(field);
      const value = patch[field] as JsonValue;
      const size = bytesOfJson(value);
      bytes += name + size;
      // A field may be called like a member of Object.prototype: that one is a function.
      const old = before[field] as JsonValue | undefined;
      if (old !== undefined && typeof old !== "function") record -= name + bytesOfJson(old);
      if (value !== null) record += name + (typeof value === "object" ? bytesOfJson(after[field]) : size);
    }
    this.record = record;
    return bytes;
  }
}
