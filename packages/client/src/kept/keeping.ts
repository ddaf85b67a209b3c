/** A replica and what keeps its records over a reload need this of each other. A replica that is not kept has none of their code. */

import type { Millis } from "@neverstale/base";
import type { Position } from "@neverstale/protocol";
import type { Environment } from "../environment/environment.ts";
import type { SyncState } from "../machine/state.ts";
import type { SyncStatus } from "../machine/status.ts";
import type { SignOutOptions } from "../mutations/mutating.ts";
import type { MovedRecords, ReplicaRecords } from "../records/replica-records.ts";
import type { Transport } from "../transport/transport.ts";

/** This keeps a replica. `kept()` gives one. */
export type MakeKept = (host: KeptHost) => ReplicaKept;

/** A replica offers this to what keeps it. */
export interface KeptHost {
  readonly io: Environment;
  readonly options: { readonly url: string; readonly model?: number };
  readonly machine: SyncState;
  readonly status: SyncStatus;
  /** It is in milliseconds since 1970. Null means never. */
  readonly lastConfirmedAt: number | null;
  readonly records: ReplicaRecords;
  /** While `read` runs, the records are those of the authority, which mutations that are pending are not laid over. */
  readRecords<T>(read: () => T): T;
  /** Runs something that changes what is shown, and then tells those who read it. */
  change(run: () => void): void;
  /** The records have this position from here on, which was last confirmed so long ago. */
  painted(position: Position, ageMs: Millis): void;
  signOut(options: SignOutOptions): Promise<void>;
}

/** A replica has this of what keeps it. */
export interface ReplicaKept {
  /** No connection is opened before what was kept is shown (rule X8), and before what must not be kept is gone (rule X9). */
  gate(transport: Transport): Transport;
  /** The state that is kept now was confirmed at this time, in milliseconds since 1970. Null: nothing is kept. */
  readonly keptFrom: number | null;
  /** A turn is over in which these records have moved. Null: none has. */
  turned(moved: MovedRecords | null): void;
  /** The user has gone, or may not see the records any longer. */
  clear(): void;
}
