/** The facts of a server are read back on each new session, and one that would lose what it acknowledged is refused. */

import { SyncError } from "@neverstale/protocol";
import type { SqlStatement } from "./database.ts";

export interface ServerFacts {
  /** It is 150004 for 15.4. */
  readonly version: number;
  readonly encoding: string;
  readonly standby: boolean;
  readonly read_only: string;
  readonly fsync: string;
  readonly synchronous_commit: string;
}

export function serverFacts(): SqlStatement<ServerFacts> {
  return {
    text: `SELECT current_setting('server_version_num')::integer AS version, current_setting('server_encoding') AS encoding,
  pg_is_in_recovery() AS standby, coalesce(current_setting('default_transaction_read_only', true), 'off') AS read_only,
  coalesce(current_setting('fsync', true), 'on') AS fsync,
  coalesce(current_setting('synchronous_commit', true), 'on') AS synchronous_commit`,
    values: [],
  };
}

/** This is the oldest major version that its makers still mend, and with which the store is tried. */
const OLDEST_VERSION = 14;

/** It throws a `SyncError` that says what to do. `name` is the database, and `oldest` the oldest major version that serves. */
export function requireFit(name: string, facts: ServerFacts, oldest = OLDEST_VERSION): void {
  const found = unfitness(facts, oldest);
  if (found === null) return;
  const [what, hint] = found;
  throw new SyncError("store_unavailable", `${name}: ${what}`, { hint });
}

function unfitness(facts: ServerFacts, oldest: number): readonly [what: string, hint: string] | null {
  const major = Math.floor(facts.version / 10_000);
  if (major < oldest) return [`the server is PostgreSQL ${major}`, `Version ${oldest} or newer is needed.`];
  if (facts.standby)
    return ["the server is a standby, which shows commits late and in another order", "Give the primary's address."];
  if (facts.read_only === "on")
    return [
      "`default_transaction_read_only` is on, so nothing can be stored",
      "Set it to `off` in postgresql.conf, and for this role and database. It is tried again by itself.",
    ];
  if (facts.encoding !== "UTF8")
    return [
      `the database is encoded as ${facts.encoding}`,
      "Make another one: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0.",
    ];
  if (facts.fsync === "off")
    return [
      "`fsync` is off, so a power cut would destroy the database",
      "Set `fsync = on` in postgresql.conf, and reload it.",
    ];
  if (facts.synchronous_commit === "off")
    return [
      "`synchronous_commit` is off, so a crash would take back what was acknowledged",
      "Set it to `on` (or `local`, `remote_write`, `remote_apply`) in postgresql.conf, and for this role and database.",
    ];
  return null;
}
