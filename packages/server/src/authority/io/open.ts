/** The authority is opened on this machine, with Node's clock and timers unless it is given others. */

import type { Model, SpaceDeclarations } from "@neverstale/protocol";
import { nodeRuntime } from "../../runtime/io/node-runtime.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { OpenOptions } from "../open-options.ts";
import { StateManager as Manager } from "../state-manager.ts";

/** It rejects with `store_locked`, `store_newer_than_code` or `store_damaged`. */
function open<M extends Model, const Spaces extends SpaceDeclarations = Readonly<Record<never, never>>>(
  options: OpenOptions<M, Spaces> & { readonly runtime?: Runtime },
): Promise<Manager<M, Spaces>> {
  return Manager.openWith(options, options.runtime ?? nodeRuntime());
}

export const StateManager = { open };
export type StateManager<M extends Model = Model, Spaces extends SpaceDeclarations = SpaceDeclarations> = Manager<
  M,
  Spaces
>;
