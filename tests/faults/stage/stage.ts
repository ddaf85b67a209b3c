/** The stage is a directory and an authority for one script. */

import assert from "node:assert/strict";
import type { StateSync } from "@neverstale/client";
import type { State } from "../../engine/authority.ts";
import { AuthorityProcess, DataDir, until } from "../../engine/authority-process.ts";

/** Both are gone when the script has ended, however it ends. */
export class Stage implements AsyncDisposable {
  readonly dir: DataDir;
  readonly authority: AuthorityProcess;
  readonly #clients: StateSync<State>[] = [];

  constructor(beaconMs = 1_000, dir = new DataDir()) {
    this.dir = dir;
    this.authority = new AuthorityProcess(dir.database, beaconMs);
  }

  follow(): StateSync<State> {
    return this.adopt(this.authority.follow());
  }

  /** Stops the client at the end. */
  adopt(client: StateSync<State>): StateSync<State> {
    this.#clients.push(client);
    return client;
  }

  /** Waits until every client shows what the authority has, record by record. */
  async level(ms = 240_000): Promise<void> {
    for (const client of this.#clients) {
      await until(
        "a client is level",
        async () => {
          const { epoch, version, digest } = await this.authority.facts();
          return client.epoch === epoch && client.version === version && client.digest() === digest;
        },
        ms,
      );
      assert.equal(client.counters.divergences, 0, "no client ever showed something wrong");
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.stop();
    this.authority.signal("SIGCONT");
    await this.authority.kill();
    this.dir.remove();
  }
}
