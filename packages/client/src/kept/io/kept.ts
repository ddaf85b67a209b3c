/** `kept` makes what keeps a replica in the browser. */

import type { MakeKept } from "../keeping.ts";
import { KeptReplica } from "../kept-replica.ts";
import { indexedDbPlace } from "./indexed-db.ts";

export interface KeptOptions {
  /**
   * It is kept in the IndexedDB database of this name. Give each program of an origin its own name, where people sign in to them apart: a
   * sign-out empties the whole database. The default is `neverstale`.
   */
  readonly database?: string;
}

/**
 * Give it to a replica as its option `kept`, together with its `user`. Only who imports it has the code of it. Where a browser has no
 * IndexedDB, and where no user is named, nothing is kept.
 */
export function kept({ database = "neverstale" }: KeptOptions = {}): MakeKept {
  return (host) => {
    const place = indexedDbPlace(database);
    return place === null ? NOT_KEPT : new KeptReplica(host, place);
  };
}

const NOT_KEPT: ReturnType<MakeKept> = {
  gate: (transport) => transport,
  keptFrom: null,
  turned: () => {},
  clear: () => {},
};
