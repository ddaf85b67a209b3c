/** The hooks, with the types of the tasks. */

import { createSyncHooks } from "@neverstale/react";
import type { Tasks } from "../shared/tasks.ts";

export const { SyncProvider, useCollection, useMutate, usePending, useStateSync, useSync } = createSyncHooks<Tasks>();
