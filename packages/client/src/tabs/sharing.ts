/** A replica and what shares its connection with other tabs need this of each other. A replica that shares nothing has none of their code. */

import type { Environment } from "../environment/environment.ts";
import type { SyncState } from "../machine/state.ts";
import type { SyncStatus } from "../machine/status.ts";
import type { ReplicaRecords } from "../records/replica-records.ts";
import type { Transport } from "../transport/transport.ts";

/** This makes a transport that tabs share of one that they do not. `tabs()` gives one. */
export type MakeTabs = (host: TabsHost, transport: Transport) => Transport;

/** A replica offers this to what shares its connection. */
export interface TabsHost {
  readonly io: Environment;
  readonly options: { readonly url: string };
  readonly machine: SyncState;
  readonly status: SyncStatus;
  /** It is in milliseconds since 1970. Null means never. */
  readonly lastConfirmedAt: number | null;
  readonly records: ReplicaRecords;
  /** While `read` runs, the records are those of the authority, which mutations that are pending are not laid over. */
  readRecords<T>(read: () => T): T;
}
