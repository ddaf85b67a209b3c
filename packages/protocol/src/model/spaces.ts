/** Spaces beyond the main one are declared by their name, or by a prefix that ends in "/", and the compiler finds their model so. */

import type { AskedChange } from "./change.ts";
import type { ChangeOf } from "./change-of.ts";
import type { Model } from "./model.ts";

/** These are the models of the spaces beyond the main one, by name or prefix. */
export type SpaceDeclarations = Readonly<Record<string, Model>>;

/** This is the model of the space with that name. For a name that the compiler does not know it may be any. */
export type ModelOfSpace<Spaces extends SpaceDeclarations, Name extends string> = string extends Name
  ? Model
  : Name extends keyof Spaces
    ? Spaces[Name]
    : Name extends `${infer Prefix}/${string}`
      ? ModelOfPrefix<Spaces, `${Prefix}/`>
      : Model;

type ModelOfPrefix<Spaces extends SpaceDeclarations, Prefix extends string> = Prefix extends keyof Spaces
  ? Spaces[Prefix]
  : Model;

/**
 * A change whose type the compiler knows must be one of the model, with the data that belongs to it. One whose type it does not know is
 * checked when it is decided.
 */
export type CheckedChange<M extends Model, Type extends string> = (string extends Type ? AskedChange : ChangeOf<M>) & {
  readonly type: Type;
};
