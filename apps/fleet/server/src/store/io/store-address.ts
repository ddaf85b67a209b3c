/** A store address says where a state is kept: in the SQLite file of a data directory, in a SQLite file, or in PostgreSQL. */

import { statSync } from "node:fs";
import { resolve } from "node:path";
import { databaseIn } from "../../process/io/data-directory.ts";
import { StartFailure } from "../../process/start-failure.ts";

export type StoreAddress =
  | { readonly kind: "postgres"; readonly url: string }
  /** `dataDir` is null for a file that was named itself. */
  | { readonly kind: "sqlite"; readonly path: string; readonly dataDir: string | null };

/**
 * A path that ends in `.db`, or names a file, means a SQLite file. Any other path is a data directory. It throws a `StartFailure`, in which no
 * password is.
 */
export function storeAddress(text: string): StoreAddress {
  if (/^postgres(ql)?:/i.test(text)) return { kind: "postgres", url: text };
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text))
    throw new StartFailure(
      "the address of the store is of no known kind",
      "Give a data directory, a SQLite file, or postgres://user@host/database.",
    );
  const path = resolve(text);
  const isFile = path.endsWith(".db") || statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  return isFile ? { kind: "sqlite", path, dataDir: null } : { kind: "sqlite", path: databaseIn(path), dataDir: path };
}
