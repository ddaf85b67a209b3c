import type { StateOf } from "@neverstale/protocol";
import { createSyncHooks } from "@neverstale/react";
import type { board } from "./board.ts";

const hooks = createSyncHooks<StateOf<typeof board>>();
export const { SyncProvider, useCollection, useMutate, usePending, useStateSync, useSync } = hooks;
