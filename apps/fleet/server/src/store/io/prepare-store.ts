/** A database is made ready for nodes whose role may do no more than read and write rows. */

import { migratePostgres } from "@neverstale/store-postgres";
import { StartFailure } from "../../process/start-failure.ts";
import { storeAddress } from "./store-address.ts";

/** It throws a `SyncError` or a `StartFailure`, in which no password is. */
export async function prepareFleetStore(store: string, grantTo?: string): Promise<void> {
  const address = storeAddress(store);
  if (address.kind !== "postgres")
    throw new StartFailure(
      "only a database is made ready, and this is the address of a file",
      "Give postgres://user@host/database. A server makes its file by itself.",
    );
  if (grantTo === "") throw new StartFailure("the role has no name", "Name the one as which the nodes serve.");
  await migratePostgres(address.url, grantTo === undefined ? {} : { grantTo });
}
