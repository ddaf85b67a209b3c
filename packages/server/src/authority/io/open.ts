/** The authority is opened on this machine, with Node's clock and timers unless it is given others. */

import type { Model } from "@neverstale/protocol";
import { nodeRuntime } from "../../runtime/io/node-runtime.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import type { OpenOptions } from "../open-options.ts";
import { StateManager as Manager } from "../state-manager.ts";

/** It rejects with `store_locked`, `store_newer_than_code` or `store_damaged`. */
function open<M extends Model>(options: OpenOptions<M> & { readonly runtime?: Runtime }): Promise<Manager<M>> {
  return Manager.openWith(options, options.runtime ?? nodeRuntime());
}

export const StateManager = { open };
export type StateManager<M extends Model = Model> = Manager<M>;
