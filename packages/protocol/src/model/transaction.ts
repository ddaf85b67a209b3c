/** A transaction reaches the spaces beyond the main one. All of it is one decision. */

import type { Model, StateOf } from "./model.ts";
import type { CheckedChange, ModelOfSpace, SpaceDeclarations } from "./spaces.ts";

/** By this a decision sees and changes the spaces beyond the main one. All of it is one transaction. */
export interface Transaction<Spaces extends SpaceDeclarations = SpaceDeclarations> {
  /** It returns the state of a space as the transactions before this one leave it, or null when there is no such space. */
  state<const Name extends string>(space: Name): StateOf<ModelOfSpace<Spaces, Name>> | null;
  /** It returns the version of a space as the changes so far leave it, or null when there is no such space. */
  version(space: string): number | null;
  /** Adds changes to a space. The first one makes the space. It throws `invalid_change` at once when one is refused. */
  add<const Name extends string, const Type extends string>(
    space: Name,
    changes: readonly CheckedChange<ModelOfSpace<Spaces, Name>, Type>[],
  ): void;
  /**
   * Makes a space, and returns its state. The space is there from then on though it has no record yet. It throws
   * `invalid_change` when there is a space of that name, and `unknown_space` when no model is declared for the name. A `model`
   * that is given must be the very one that is declared: a model holds code, which can't be stored, so a space has the model
   * of its name at every start.
   */
  createSpace<M extends Model = Model>(space: string, model?: M): StateOf<M>;
  /**
   * Ends a space with its log, and closes its followers with 4404 (rule S9). It throws `unknown_space` when there is none, and
   * `invalid_change` for the main space.
   */
  removeSpace(space: string, options: RemoveOptions): void;
}

export interface RemoveOptions {
  /**
   * With true the records that the space still holds go to the history as if they were evicted, and count for this transaction
   * as evictions do. All its history can be read for as long as history is kept. With false its history is deleted.
   */
  readonly archive: boolean;
}
