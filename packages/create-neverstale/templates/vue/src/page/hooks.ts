/** The composables, with the types of the tasks. */

import { createSyncHooks } from "@neverstale/vue";
import type { Tasks } from "../shared/tasks.ts";

export const { provideSync, useCollection, useMutate, usePending, useStateSync, useSync } = createSyncHooks<Tasks>();
