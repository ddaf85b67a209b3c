/** The fleet's state is copied from one store to another, and what a node needs beside its store is named. */

import { existsSync } from "node:fs";
import { type Copyable, type CopyCounts, copyStore, type TellCopy } from "@neverstale/server/store";
import { postgresCopy } from "@neverstale/store-postgres";
import { sqliteCopy } from "@neverstale/store-sqlite";
import { serverKeyIn } from "../../accounts/io/server-key.ts";
import { openDataDirectory } from "../../process/io/data-directory.ts";
import { StartFailure } from "../../process/start-failure.ts";
import { type StoreAddress, storeAddress } from "./store-address.ts";

/** It throws a `SyncError` or a `StartFailure`, in which no password is. The target holds nothing then. */
export async function copyFleet(from: string, to: string, tell?: TellCopy): Promise<FleetCopy> {
  const source = storeAddress(from);
  const target = storeAddress(to);
  const [a, b] = [copyableAt(source), copyableAt(target)];
  if (source.kind === "sqlite" && target.kind === "sqlite" && source.path === target.path)
    throw new StartFailure("both addresses are the same store", "Give two.");
  if (target.kind === "sqlite" && target.dataDir !== null) openDataDirectory(target.dataDir);
  const counts = await copyStore(a, b, tell);
  return { from: a.name, to: b.name, counts, keyFile: keyBeside(source) };
}

export interface FleetCopy {
  /** They are shown to people, and hold no password. */
  readonly from: string;
  readonly to: string;
  readonly counts: CopyCounts;
  /** The server's key lies there, beside what was copied. It is null where there is none. */
  readonly keyFile: string | null;
}

function copyableAt(address: StoreAddress): Copyable {
  return address.kind === "postgres" ? postgresCopy(address.url) : sqliteCopy(address.path);
}

function keyBeside(address: StoreAddress): string | null {
  if (address.kind === "postgres" || address.dataDir === null) return null;
  const path = serverKeyIn(address.dataDir);
  return existsSync(path) ? path : null;
}
