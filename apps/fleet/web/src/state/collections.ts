import type { Fleet } from "@neverstale/fleet-domain";
import { createSyncHooks } from "@neverstale/react";

/** The model of the fleet that this page was built for: a newer one makes it offer a reload. */
export const MODEL = 1;

export const { SyncProvider, useSync, useRecord, useCollection, useDispatch } = createSyncHooks<Fleet>();
