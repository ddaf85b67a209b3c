/** A browser of several tabs, which may be late, hang, die and be hidden, and the authority that they follow, on one clock. */

import type { ServerMessage } from "@neverstale/protocol";
import { FakeEnvironment, type FakeSocket, promisesSettled } from "../environment/fake-environment-suite.ts";
import { full } from "../machine/machine-rig-suite.ts";
import { type Hosts, RememberedAuthority } from "../machine/remembered-authority-suite.ts";
import { Replica, type ReplicaOptions } from "../replica.ts";
import type { TabLock, TabMessage, TabPlace } from "./tab-place.ts";
import { TabsTransport } from "./tabs-transport.ts";

const STEP_MS = 50;
export const BEACON_MS = 2_000;

/** A socket as the authority sees it. */
interface ServedSocket {
  readonly tab: WorldTab;
  readonly socket: FakeSocket;
  version: number;
  beaconAt: number;
  heard: number;
}

interface Waiting {
  readonly tab: WorldTab;
  readonly granted: (lock: TabLock) => void;
}

export class TabsWorld {
  readonly authority = new RememberedAuthority();
  readonly tabs: WorldTab[] = [];
  /** Every message that was posted. */
  readonly posted: TabMessage[] = [];
  /** The authority has sent so many full states. */
  fullStates = 0;
  /** Nobody reaches the authority. */
  isCut = false;
  now = 0;
  /** The version at each time, the oldest first. */
  readonly #history: { readonly at: number; readonly version: number }[] = [];
  readonly #served: ServedSocket[] = [];
  readonly #channels = new Map<string, Set<{ readonly tab: WorldTab; readonly hear: (message: TabMessage) => void }>>();
  readonly #locks = new Map<string, { holder: (Waiting & { lock: TabLock }) | null; queue: Waiting[] }>();

  constructor() {
    this.authority.put("web-1", 1);
  }

  open(options: Partial<ReplicaOptions> = {}): WorldTab {
    const tab = new WorldTab(this, options);
    this.tabs.push(tab);
    return tab;
  }

  get alive(): WorldTab[] {
    return this.tabs.filter(({ isAlive }) => isAlive);
  }

  /** So many sockets are open, as the authority counts them. */
  get sockets(): number {
    return this.#served.filter((served) => this.#isOpen(served)).length;
  }

  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += STEP_MS) {
      this.now += STEP_MS;
      this.#history.push({ at: this.now, version: this.authority.version });
      this.#serve();
      for (const tab of this.alive) await tab.pass(STEP_MS);
      await promisesSettled();
    }
  }

  /** It was the newest version so long ago. */
  versionBefore(ms: number): number {
    return this.#history.findLast(({ at }) => at <= this.now - ms)?.version ?? 0;
  }

  placeOf(tab: WorldTab): TabPlace {
    return {
      lead: (name, steals, granted) => this.#lead(name, steals, { tab, granted }),
      join: (name, hear) => {
        const channels = this.#channels.get(name) ?? new Set();
        const own = { tab, hear };
        this.#channels.set(name, channels.add(own));
        return {
          post: (message) => {
            if (!channels.has(own) && tab.isAlive) throw new DOMException("the channel is closed", "InvalidStateError");
            this.posted.push(message);
            for (const channel of channels) {
              if (channel === own) continue;
              const copy = structuredClone(message);
              channel.tab.later(() => channels.has(channel) && channel.hear(copy), true);
            }
          },
          leave: () => channels.delete(own),
        };
      },
    };
  }

  #lead(name: string, steals: boolean, waiting: Waiting): () => void {
    const state = this.#locks.get(name) ?? { holder: null, queue: [] };
    this.#locks.set(name, state);
    if (steals && state.holder !== null) {
      const { holder } = state;
      holder.tab.later(() => holder.lock.lost());
      state.holder = null;
      state.queue.unshift(waiting);
    } else state.queue.push(waiting);
    this.#grant(name);
    return () => {
      state.queue = state.queue.filter((one) => one !== waiting);
    };
  }

  #grant(name: string): void {
    const state = this.#locks.get(name);
    if (state === undefined || state.holder !== null) return;
    const next = state.queue.shift();
    if (next === undefined) return;
    const lock: TabLock = {
      lost: () => {},
      release: () => {
        if (state.holder?.lock !== lock) return;
        state.holder = null;
        this.#grant(name);
      },
    };
    state.holder = { ...next, lock };
    next.tab.later(() => next.granted(lock));
  }

  /** A tab that dies gives back its locks and hears nothing more. Nobody is told. */
  buried(tab: WorldTab): void {
    for (const channels of this.#channels.values())
      for (const channel of channels) if (channel.tab === tab) channels.delete(channel);
    for (const [name, state] of this.#locks) {
      state.queue = state.queue.filter((one) => one.tab !== tab);
      if (state.holder?.tab === tab) state.holder = null;
      this.#grant(name);
    }
  }

  #isOpen({ tab, socket }: ServedSocket): boolean {
    return tab.isAlive && socket.closedWith === null && !tab.cutSockets.has(socket);
  }

  #serve(): void {
    for (const tab of this.alive) {
      for (const socket of tab.io.sockets) {
        if (tab.seenSockets.has(socket)) continue;
        tab.seenSockets.add(socket);
        if (this.isCut) tab.cut(socket);
        else if (socket.closedWith === null) this.#begin(tab, socket);
      }
    }
    for (const served of this.#served) {
      if (!this.#isOpen(served)) continue;
      if (this.isCut) served.tab.cut(served.socket);
      else this.#tell(served);
    }
  }

  #begin(tab: WorldTab, socket: FakeSocket): void {
    const { version, hosts } = this.authority;
    const from = socket.url.searchParams.get("version");
    const served = { tab, socket, version: Number(from ?? version), beaconAt: 0, heard: 0 };
    this.#served.push(served);
    tab.later(() => socket.closedWith === null && socket.open());
    if (from === null) this.#pushState(served, "init", hosts);
    else {
      const facts = { epoch: "e1", space: "c1", model: 1, beaconMs: BEACON_MS, lineage: [["e1", version] as const] };
      this.#push(served, { type: "sync", version: served.version, head: version, resumed: facts });
    }
  }

  #tell(served: ServedSocket): void {
    const { version, digest } = this.authority;
    if (served.version < version) {
      const payload = this.authority.diffFrom(served.version);
      this.#push(served, { type: "delta", from: served.version, version, payload });
      served.version = version;
    }
    for (; served.heard < served.socket.sent.length; served.heard++) {
      const message = served.socket.sent[served.heard];
      if (message?.type === "get_state") this.#pushState(served, "full_state", this.authority.hosts);
      if (message?.type === "check")
        this.#push(served, { type: "sync", version, head: version, digest, check: message.n });
    }
    if (this.now < served.beaconAt) return;
    served.beaconAt = this.now + BEACON_MS;
    this.#push(served, { type: "sync", version, head: version, digest });
  }

  #pushState(served: ServedSocket, type: "init" | "full_state", hosts: Hosts): void {
    this.fullStates += 1;
    this.#push(served, full(this.authority.version, { type, hosts: [...hosts.values()], beaconMs: BEACON_MS }));
  }

  #push({ tab, socket }: ServedSocket, message: ServerMessage): void {
    tab.later(() => socket.closedWith === null && !tab.cutSockets.has(socket) && socket.push(message));
  }
}

export class WorldTab {
  readonly io = new FakeEnvironment();
  readonly sync: Replica<{ readonly hosts: Hosts }>;
  readonly seenSockets = new Set<FakeSocket>();
  readonly cutSockets = new Set<FakeSocket>();
  readonly #world: TabsWorld;
  #inbox: { readonly at: number; readonly run: () => void; readonly isMessage: boolean }[] = [];
  isAlive = true;
  isHung = false;
  /** What comes for it takes so long. */
  lateMs = 0;

  constructor(world: TabsWorld, options: Partial<ReplicaOptions>) {
    this.#world = world;
    this.io.seen = true;
    this.io.randomness = 0.1 * (world.tabs.length + 1);
    const id = `tab-${world.tabs.length}`;
    let made = 0;
    this.io.newId = () => `${id}.${++made}`;
    this.io.wall += world.now;
    this.io.monotonic += world.now;
    const tabs: ReplicaOptions["tabs"] = (host, own) => new TabsTransport(host, own, world.placeOf(this));
    this.sync = new Replica({ url: "/sync", user: "ann", io: this.io, tabs, ...options });
  }

  get isLive(): boolean {
    return this.sync.status.type === "live";
  }

  get isLeading(): boolean {
    return this.io.sockets.some((socket) => socket.closedWith === null && !this.cutSockets.has(socket));
  }

  later(run: () => void, isMessage = false): void {
    const before = this.#inbox.at(-1)?.at ?? 0; // Nothing overtakes what came before it.
    this.#inbox.push({ at: Math.max(before, this.#world.now + this.lateMs), run, isMessage });
  }

  async pass(ms: number): Promise<void> {
    if (this.isHung) {
      this.io.monotonic += ms;
      this.io.wall += ms;
      return;
    }
    const due = this.#inbox.filter(({ at }) => at <= this.#world.now);
    this.#inbox = this.#inbox.filter(({ at }) => at > this.#world.now);
    for (const { run } of due) run();
    await this.io.pass(ms);
  }

  /** What is on its way to it is lost. */
  forget(): void {
    this.#inbox = this.#inbox.filter(({ isMessage }) => !isMessage);
  }

  cut(socket: FakeSocket): void {
    this.cutSockets.add(socket);
    this.#inbox.push({
      at: this.#world.now,
      isMessage: false,
      run: () => socket.closedWith === null && socket.close(1006),
    });
  }

  /** The tab crashes, or is closed: it says nothing any more. */
  die(): void {
    this.isAlive = false;
    this.#world.buried(this);
  }
}
