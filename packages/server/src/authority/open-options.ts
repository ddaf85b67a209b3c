/** An authority is opened with these options. */

import type { AnyMutation, AnyViews, Model, SpaceDeclarations, StateOf, SyncError } from "@neverstale/protocol";
import type { Limits } from "../limits/limits.ts";
import type { MomentSettings } from "../moments/moment-settings.ts";
import type { NodeOptions } from "../node/node-options.ts";
import type { Store } from "../store/contract.ts";
import type { Problems } from "./opening/problems.ts";
import type { Decide } from "./transaction.ts";

export interface OpenOptions<M extends Model, Spaces extends SpaceDeclarations = SpaceDeclarations> {
  /** This is the model of the main space. */
  readonly model: M;
  /** The models of other spaces stand here under their exact name, or under a prefix that ends in "/". */
  readonly spaces?: Spaces;
  readonly store: Store;
  /**
   * These declare for their models who may see what (rule V1). Whoever follows a space of such a model is given a view of it, or
   * `everything`.
   */
  readonly views?: readonly AnyViews[];
  /** People may do these to the state. `serveMutations` takes them in (rule U1). */
  readonly mutations?: readonly AnyMutation[];
  /** It is told what a mutation's `decide` threw. The mutation was refused as `mutation_failed`. Without it the error comes up by itself. */
  readonly onMutationFailed?: (error: unknown) => void;
  /**
   * It alters old records by ordinary changes, before anyone is served (rule E6). It is decided like a `transact`, at every
   * start, over the whole state of the main space, with the other spaces at hand. Nothing marks what was done, so it looks
   * at what is there, and returns no changes where nothing is to be done. It is one transaction, of any size, and durable
   * before `open` resolves. `open` rejects with what it throws.
   */
  readonly migrate?: Decide<StateOf<M>, Spaces>;
  /** This is called once, after `migrate`, when records are stored that today's model or bounds would not take in. */
  readonly onProblems?: (problems: Problems) => void;
  readonly limits?: Partial<Limits>;
  /**
   * With it the main space can be read as it was (`stateAt`), as far back as the store keeps its log. Give `{}` for the settings as
   * they are. It costs a copy of all records in the store every 50,000 changes, and once an hour.
   */
  readonly moments?: Partial<MomentSettings>;
  /**
   * This is called once, when the process must exit non-zero: the outcome of a commit is unknown (rule A1), or a node can't go on
   * (rule T6).
   */
  readonly onFailure?: (error: SyncError) => void;
  /**
   * With it the process is one of several nodes on a shared store: one of them decides changes at a time, all serve, and any may
   * take over. Without it the process is alone on its store.
   */
  readonly node?: NodeOptions;
}
