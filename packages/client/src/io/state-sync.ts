/** `StateSync` is the replica as programs use it: in the environment that it finds, unless another one is handed in. */

import type { AnyState } from "@neverstale/protocol";
import type { Environment } from "../environment/environment.ts";
import { browserEnvironment } from "../environment/io/browser.ts";
import { Replica, type ReplicaOptions } from "../replica.ts";

/** `State` is `StateOf<typeof model>`: a type only. */
export class StateSync<State = AnyState> extends Replica<State> {
  constructor({ io = browserEnvironment(), ...options }: StateSyncOptions) {
    super({ ...options, io });
  }
}

export interface StateSyncOptions extends Omit<ReplicaOptions, "io"> {
  /** By default it is made of the globals of wherever this runs. A Node program with credentials gives a `nodeEnvironment`. */
  readonly io?: Environment;
}
