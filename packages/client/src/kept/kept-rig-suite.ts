/** A browser whose pages keep replicas, and an authority which remembers every state that it ever had. */

import "fake-indexeddb/auto";
import type { StateRecord } from "@neverstale/protocol";
import { FakeEnvironment, promisesSettled } from "../environment/fake-environment-suite.ts";
import { full } from "../machine/machine-rig-suite.ts";
import { type Hosts, RememberedAuthority } from "../machine/remembered-authority-suite.ts";
import { Replica, type ReplicaOptions } from "../replica.ts";
import { indexedDbPlace } from "./io/indexed-db.ts";
import { KeptReplica } from "./kept-replica.ts";
import type { FoundKept, KeptMeta, KeptPlace } from "./place.ts";

let databases = 0;

export class KeptBrowser {
  readonly authority = new RememberedAuthority();
  readonly database = `browser-${++databases}`;
  wall = 1_700_000_000_000;
  /** Nothing can be read or written any more, as where a disk is full. */
  isBroken = false;

  open(user: string | null = "ann", options: Partial<ReplicaOptions> = {}): KeptPage {
    return new KeptPage(this, user, options);
  }

  place(): KeptPlace {
    const place = indexedDbPlace(this.database) as KeptPlace;
    return {
      ...place,
      transact: (...given) =>
        this.isBroken ? Promise.reject(new Error("the disk is full")) : place.transact(...given),
    };
  }

  /** Returns the users of whom something is kept, and how many texts there are. */
  async kept(): Promise<{ users: string[]; texts: number }> {
    const metas = await this.metas();
    let texts = 0;
    for (const { key } of metas) texts += (await this.#found(key)).texts.size;
    return { users: metas.map(({ user }) => user), texts };
  }

  async metas(): Promise<readonly KeptMeta[]> {
    return (await this.#found()).metas;
  }

  async #found(key?: string): Promise<FoundKept> {
    const found = Promise.withResolvers<FoundKept>();
    await (indexedDbPlace(this.database) as KeptPlace).transact((there) => {
      found.resolve(there);
      return {};
    }, key);
    return found.promise;
  }
}

export class KeptPage {
  readonly io = new FakeEnvironment();
  readonly sync: Replica<{ readonly hosts: Hosts }>;
  readonly #browser: KeptBrowser;
  isOpen = true;

  constructor(browser: KeptBrowser, user: string | null, options: Partial<ReplicaOptions>) {
    this.#browser = browser;
    this.io.wall = browser.wall;
    const kept: ReplicaOptions["kept"] = (host) => new KeptReplica(host, browser.place());
    this.sync = new Replica({ url: "/sync", io: this.io, kept, ...(user === null ? {} : { user }), ...options });
  }

  get hosts(): StateRecord[] {
    return [...this.sync.state.hosts.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Everything that waits for the database has happened, and no time has passed. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 60; turn++) await promisesSettled();
  }

  /** Lets time pass for this page alone. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 500) {
      await this.io.pass(Math.min(500, ms - passed));
      await this.settle();
    }
    this.#browser.wall = Math.max(this.#browser.wall, this.io.wall);
  }

  /** The authority answers the newest socket: with a diff where the page resumes, else with all there is. */
  connect(): this {
    const { authority } = this.#browser;
    const socket = this.io.socket.open();
    const { version, digest } = authority;
    const from = socket.url.searchParams.get("version");
    if (from === null) socket.push(full(version, { hosts: [...authority.hosts.values()] }));
    else {
      const resumed = { epoch: "e1", space: "c1", model: 1, beaconMs: 30_000, lineage: [["e1", version] as const] };
      socket.push({ type: "sync", version: Number(from), head: version, resumed });
      if (Number(from) < version)
        socket.push({ type: "delta", from: Number(from), version, payload: authority.diffFrom(Number(from)) });
    }
    socket.push({ type: "sync", version, head: version, digest });
    return this;
  }

  /** The authority tells the newest socket what is new. */
  tell(): void {
    const { authority } = this.#browser;
    const { version, digest } = authority;
    const from = this.sync.version;
    if (from < version) this.io.socket.push({ type: "delta", from, version, payload: authority.diffFrom(from) });
    this.io.socket.push({ type: "sync", version, head: version, digest });
  }

  /** It is live, and what it shows is kept. */
  async follow(): Promise<this> {
    await this.settle();
    this.connect();
    await this.pass(6_000);
    return this;
  }

  /** It is gone, as a tab that is closed: nothing more is done. */
  leave(): void {
    this.isOpen = false;
    this.sync.stop();
  }
}
