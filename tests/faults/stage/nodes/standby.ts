/** A standby follows a primary by streaming replication through a door, and is promoted when a script says so. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { asOwner, freePort, TestServer } from "@neverstale/store-postgres/test-server";
import { until } from "../../../engine/authority-process.ts";
import { Door } from "./door.ts";

export class Standby {
  readonly server: TestServer;
  /** What the primary commits comes through it. */
  readonly replication: Door;
  readonly #primary: TestServer;

  private constructor(server: TestServer, replication: Door, primary: TestServer) {
    this.server = server;
    this.replication = replication;
    this.#primary = primary;
  }

  /** It resolves once the standby has all that the primary has committed. */
  static async of(primary: TestServer): Promise<Standby> {
    const replication = await Door.to(primary.port);
    const folder = join(primary.folder, "standby");
    const { uid, gid } = asOwner();
    mkdirSync(folder);
    if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid);
    chmodSync(folder, 0o700);
    const from = `host=127.0.0.1 port=${replication.port} user=postgres application_name=${NAME}`;
    const server = new TestServer(primary.programs, folder, await freePort(), { primary_conninfo: from });
    const copy = ["--pgdata", server.data, "--dbname", from, "--write-recovery-conf", "--checkpoint=fast", "--no-sync"];
    // The copy comes through the door, which is in this process.
    const copying = spawn(join(primary.programs, "pg_basebackup"), copy, {
      ...asOwner(),
      cwd: folder,
      stdio: ["ignore", "ignore", "inherit"],
    });
    assert.deepEqual(await once(copying, "exit"), [0, null], "pg_basebackup failed");
    await server.start();
    const standby = new Standby(server, replication, primary);
    await standby.untilLevel();
    return standby;
  }

  /** From here on the primary acknowledges nothing that the standby doesn't have. */
  async becomeSynchronous(): Promise<void> {
    await this.#primary.sql(`ALTER SYSTEM SET synchronous_standby_names = '${NAME}'`);
    await this.#primary.sql("SELECT pg_reload_conf()");
    const state = `SELECT sync_state FROM pg_stat_replication WHERE application_name = '${NAME}'`;
    await until("the standby is synchronous", async () => (await this.#primary.sql(state))[0]?.sync_state === "sync");
  }

  async untilLevel(): Promise<void> {
    const [at] = await this.#primary.sql("SELECT pg_current_wal_lsn()::text AS lsn");
    const has = `SELECT pg_last_wal_replay_lsn() >= '${at?.lsn}'::pg_lsn AS has`;
    await until("the standby is level", async () => (await this.server.sql(has))[0]?.has === true);
  }

  /** It goes on as a primary with what it has. */
  async promote(): Promise<void> {
    this.replication.shut();
    await this.server.sql("SELECT pg_promote()");
    await until("the standby is a primary", async () => {
      return (await this.server.sql("SELECT pg_is_in_recovery() AS standby"))[0]?.standby === false;
    });
  }

  async end(): Promise<void> {
    await this.server.end();
    await this.replication.close();
  }
}

const NAME = "standby";

/** Returns the newest version of the main space that a database holds. */
export async function newestVersion(server: TestServer): Promise<number> {
  const [row] = await server.sql(
    "SELECT max(last_version)::integer AS version FROM neverstale.moves WHERE name = 'main'",
  );
  return Number(row?.version ?? 0);
}
