import type { AnyState } from "@neverstale/protocol";
import { ReplicaDriver, type ReplicaOptions } from "../replica-driver.ts";
import type { Environment } from "../transport/environment.ts";
import { browserEnvironment } from "../transport/io/browser.ts";

export interface StateSyncOptions extends Omit<ReplicaOptions, "io"> {
  /** By default the globals of wherever this runs; `nodeEnvironment` for a Node program with credentials. */
  readonly io?: Environment;
}

/** A state that follows the authority's and says at every moment how fresh it is. `State` is `StateOf<typeof model>`. */
export class StateSync<State = AnyState> extends ReplicaDriver<State> {
  constructor({ io = browserEnvironment(), ...options }: StateSyncOptions) {
    super({ ...options, io });
  }
}
