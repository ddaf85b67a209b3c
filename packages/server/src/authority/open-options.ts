import type { Model, StateOf, SyncError } from "@neverstale/protocol";
import type { Limits } from "../limits/limits.ts";
import type { Store } from "../store/contract.ts";
import type { Problems } from "./opening/problems.ts";
import type { Decide } from "./transaction.ts";

export interface OpenOptions<M extends Model> {
  /** The model of the main space. */
  readonly model: M;
  /** The models of other spaces, by exact name, or by a prefix that ends in "/". */
  readonly spaces?: Readonly<Record<string, Model>>;
  readonly store: Store;
  /**
   * Ordinary changes made before anyone is served: where old records need altering (rule E6). It is decided like a
   * `transact`, at every start, over the whole state of the main space, with the other spaces at hand: nothing marks what was
   * done, so it looks at what is there, and returns nothing where nothing is to be done. It is one transaction, of any
   * size, durable before `open` resolves; what it throws is what `open` rejects with.
   */
  readonly migrate?: Decide<StateOf<M>>;
  /** Told once at open, after `migrate`, when records are stored that today's model or bounds would not take in. */
  readonly onProblems?: (problems: Problems) => void;
  readonly limits?: Partial<Limits>;
  /** Called once, when the outcome of a commit is unknown: the process must exit non-zero (rule A1). */
  readonly onFailure?: (error: SyncError) => void;
}
