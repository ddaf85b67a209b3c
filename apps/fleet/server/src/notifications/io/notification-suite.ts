/** What the tests of notifications share: a server with its own clock, whose hosts go and come as a test says. */

import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Delivery } from "@neverstale/fleet-domain";
import { memoryStore, type Store } from "@neverstale/server";
import { sqliteStore } from "@neverstale/store-sqlite";
import { type Browser, Fleets, send, signIn } from "../../fleet/fleet-suite.ts";
import { notificationsIn } from "../../fleet/state.ts";
import type { Work } from "../../fleet/work.ts";
import { databaseIn } from "../../process/io/data-directory.ts";
import { round } from "../../process/io/rounds.ts";
import type { RunningFleet } from "../../process/io/start.ts";

export const fleets = new Fleets();
export const SECRET = `whsec_${randomBytes(32).toString("base64")}`;
const ALERTS = `
alerts:
  lost: { when: host_offline, for: 30s, severity: critical, title: Hosts are lost }
  disk: { when: metric, metric: disk, above: 90, for: 1s, title: A disk is full }
`;

export class World {
  readonly dataDir = fleets.directory();
  now = Date.parse("2030-01-01T00:00:00.000Z");
  readonly #store: () => Store;
  #fleet: RunningFleet | null = null;
  #browser: Browser | null = null;

  constructor(store: "memory" | "sqlite") {
    const memory = memoryStore();
    this.#store = () => (store === "memory" ? memory : sqliteStore(databaseIn(this.dataDir)));
    writeFileSync(join(this.dataDir, "hook.secret"), SECRET, { mode: 0o600 });
  }

  get fleet(): RunningFleet {
    if (this.#fleet === null) throw new Error("the server does not run");
    return this.#fleet;
  }

  get browser(): Browser {
    if (this.#browser === null) throw new Error("nobody has signed in");
    return this.#browser;
  }

  write(notify: string): void {
    writeFileSync(join(this.dataDir, "fleet.yaml"), `${ALERTS}\nnotify:\n${notify}`);
  }

  async start(): Promise<void> {
    const { dataDir } = this;
    const clock = () => this.now;
    this.#fleet = await fleets.start({ dataDir, store: this.#store(), now: clock, steadyNow: clock });
    this.#browser ??= await signIn(this.fleet);
  }

  async stop(): Promise<void> {
    await this.fleet.close();
    this.#fleet = null;
  }

  /** All hosts that are online have just been heard of. */
  async pass(ms: number): Promise<void> {
    this.now += ms;
    for (const { id, online } of this.fleet.manager.state.hosts.values())
      if (online) this.fleet.parts.presences.heard(id);
    await round(this.fleet.parts, false);
  }

  async change<T>(decide: (work: Work) => T): Promise<T> {
    return (await this.fleet.parts.transactions.transact(decide)).result;
  }

  /** They are offline, and an alert of it fires or is resolved. */
  async setOnline(ids: readonly string[], online: boolean): Promise<void> {
    const offlineSince = online ? null : new Date(this.now).toISOString();
    await this.change((work) => {
      for (const id of ids) work.change("host_updated", id, { online, offlineSince });
    });
    await this.pass(31_000);
    await this.pass(2_000);
  }

  get deliveries(): Delivery[] {
    const all = [...(notificationsIn(this.fleet.manager)?.deliveries.values() ?? [])];
    return all.sort((a, b) => a.number - b.number);
  }

  get statuses(): string[] {
    return this.deliveries.map(({ status }) => status);
  }

  /** Time goes on with each look, so that what failed is tried again. */
  get statusesLater(): string[] {
    this.now += 10_000;
    return this.statuses;
  }

  async metric(name: string): Promise<number> {
    const { text: shown } = await send(this.fleet.address, "GET", "/metrics");
    return Number(new RegExp(`^neverstale_${name} (\\d+)$`, "m").exec(shown)?.[1]);
  }
}

export async function worldWith(notify: string, store: "memory" | "sqlite" = "memory"): Promise<World> {
  const world = new World(store);
  world.write(notify);
  await world.start();
  return world;
}
