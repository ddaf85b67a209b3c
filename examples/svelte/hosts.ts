/** The hooks of the example, with the types of its state. */

import { createSyncHooks } from "@neverstale/svelte";

type Host = { readonly id: string; readonly status: string };
export type Hosts = { readonly hosts: ReadonlyMap<string, Host> };

export const { provideSync, useRecord, useSelection, useSync, useRequests } = createSyncHooks<Hosts>();
