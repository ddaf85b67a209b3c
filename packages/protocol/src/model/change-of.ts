/** The changes that a model allows are typed by the schemas of its collections. */

import type { JsonValue } from "../json/json.ts";
import type { AskedChange } from "./change.ts";
import type { Model, RecordIn } from "./model.ts";

/**
 * This is the union of all changes that a model allows: `ChangeOf<typeof fleet>`. Each has its type, its target and the
 * data that belongs to this type. A model whose change types the compiler does not know allows any `AskedChange`.
 */
export type ChangeOf<M extends Model> = { [T in ChangeTypeOf<M>]: ChangeOfType<M, T> }[ChangeTypeOf<M>];

type ChangeOfType<M extends Model, T extends ChangeTypeOf<M>> = string extends T
  ? AskedChange
  : ChangeWith<M["changes"][T]["kind"], T, ChangeData<M, T>>;

/**
 * This is the data of one change type: `ChangeData<typeof fleet, "host_updated">`. A put carries the record, a patch a
 * merge patch, and a remove nothing. The record's id may stand in the data; without it, the target is the id (rule S1).
 */
export type ChangeData<M extends Model, T extends ChangeTypeOf<M>> = DataOf<
  M["changes"][T]["kind"],
  RecordIn<M["collections"][M["changes"][T]["collection"]]>
>;

/** These are the names of a model's change types. */
export type ChangeTypeOf<M extends Model> = keyof M["changes"] & string;

type ChangeWith<Kind, T, Data> = Kind extends "remove"
  ? { readonly type: T; readonly target: string; readonly data?: Data }
  : { readonly type: T; readonly target: string; readonly data: Data };

type DataOf<Kind, R> = R extends unknown ? Omit<Members<Kind, R>, "id"> & { readonly id?: IdOf<R> } : never;

type Members<Kind, R> = Kind extends "put" ? R : Kind extends "patch" ? MergePatch<R> : object;

type IdOf<R> = R extends { readonly id: infer Id } ? Id : string;

/** A merge patch (RFC 7396) holds what is to be altered, at any depth. Null takes away a member that may be absent. */
type MergePatch<T> = JsonValue extends T
  ? JsonValue
  : T extends readonly unknown[]
    ? T
    : T extends object
      ? { readonly [Member in keyof T]?: MergePatch<T[Member]> | NullIfOptional<T, Member> }
      : T;

type NullIfOptional<T, Member extends keyof T> = Record<never, never> extends Pick<T, Member> ? null : never;
