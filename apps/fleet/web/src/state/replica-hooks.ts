import type { Fleet } from "@neverstale/fleet-domain";
import { createSyncHooks } from "@neverstale/react";

export const { SyncProvider, useReplica, useSync, useRecord, useCollection, useDispatch } = createSyncHooks<Fleet>();
