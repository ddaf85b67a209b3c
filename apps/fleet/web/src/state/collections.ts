import type { Fleet } from "@neverstale/fleet-domain";
import { createSyncHooks } from "@neverstale/react";

export const { SyncProvider, useSync, useRecord, useCollection, useDispatch } = createSyncHooks<Fleet>();
