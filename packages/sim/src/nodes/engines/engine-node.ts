/** An engine node is one of several processes on a shared store: the real manager and hub, started again whenever they end. */

import { CLOSE, SyncError } from "@neverstale/protocol";
import { type LinkedNode, type NodeOptions, StateManager, SyncHub } from "@neverstale/server";
import type { Rights } from "../../checks/views/rights.ts";
import type { AnswerSink, SimAsk, Trip } from "../../http/http-end.ts";
import { HttpOrigin } from "../../http/origin.ts";
import type { SimConnection } from "../../network/connection.ts";
import { accept, type Serving } from "../../network/endpoint.ts";
import { SimCodec } from "../../network/frames.ts";
import type { mainModel } from "../../plan/models.ts";
import type { Random } from "../../plan/random.ts";
import type { Models } from "../../plan/releases.ts";
import { type ViewName, viewsOf } from "../../plan/views/views.ts";
import type { Surroundings } from "../../world/surroundings.ts";
import type { Cluster, NodeSession } from "./cluster.ts";
import { DatabaseWay, type WayTrouble } from "./database-way.ts";
import { type ChainRead, FarStore } from "./far-store.ts";
import type { Links, LinkTrouble } from "./links.ts";
import { checkServes, NodeEntry } from "./node-entry.ts";
import { NodeMachine } from "./node-machine.ts";

export class EngineNode {
  readonly name: string;
  readonly way: WayTrouble = { isCut: false, loss: 0, slowMs: 0 };
  readonly link: LinkTrouble = { isDown: false, loss: 0, slowMs: 20 };
  readonly #parts: EngineNodeParts;
  readonly #random: Random;
  readonly session: NodeSession;
  /** The node has read the chain this way last. */
  #lastRead: ChainRead | null = null;
  #process: NodeProcess | null = null;
  #starts = 0;

  constructor(name: string, parts: EngineNodeParts) {
    this.name = name;
    this.#parts = parts;
    this.#random = parts.world.random.fork(`node ${name}`);
    this.session = parts.cluster.openSession();
  }

  /** It is null while no process runs, or none has opened yet. */
  get manager(): StateManager<typeof mainModel> | null {
    return this.#process?.serving?.manager ?? null;
  }

  get hub(): SyncHub | null {
    return this.#process?.serving?.hub ?? null;
  }

  /** It is null when the chain that it has read last was not that of the primary. */
  get readPrimary(): ChainRead | null {
    return this.#lastRead?.of === this.#parts.cluster.primary ? this.#lastRead : null;
  }

  get isWriter(): boolean {
    return this.manager?.node?.role === "writer";
  }

  /** It forwards calls. */
  get hasLink(): boolean {
    return this.#parts.hasLink;
  }

  /** The connection leads to this node. */
  holds(connection: SimConnection | null): boolean {
    return connection !== null && this.#process?.connections.has(connection) === true;
  }

  start(): void {
    if (this.#process !== null) return;
    const { world, cluster, links, hasLink } = this.#parts;
    this.#starts += 1;
    const random = this.#random.fork(`start ${this.#starts}`);
    const machine = new NodeMachine(world, random.int(-3_600_000, 3_600_000));
    const process: NodeProcess = {
      machine,
      connections: new Set(),
      granted: world.rights.copy(),
      isStopped: false,
      interruptedAt: null,
      reloaded: null,
      serving: null,
      http: null,
    };
    this.#process = process;
    this.#note(`starts ${this.#starts}`);
    const way = new DatabaseWay(world, machine, random.fork("way"), this.way);
    const onRead = (read: ChainRead) => {
      this.#lastRead = read;
      if (read.isWhole && process.interruptedAt !== null) process.reloaded = read;
    };
    const store = new FarStore({ cluster, session: this.session, way, clock: world.clock, onRead });
    const link = (node: LinkedNode) => links.join(node, machine, this.link);
    this.#open(process, random, store, hasLink ? { address: this.name, link } : { address: this.name }).catch(
      (error: unknown) => this.#notOpened(process, error),
    );
  }

  async #open(process: NodeProcess, random: Random, store: FarStore, node: NodeOptions): Promise<void> {
    const { world, models } = this.#parts;
    const { limits, beaconMs, scale, zipFromChars } = world.config.authority;
    const { machine, connections, granted } = process;
    const onFailure = (error: unknown) => this.#cantGoOn(process, error);
    const { main: model, others: spaces } = models;
    const views = world.config.views === true ? [viewsOf(models)] : [];
    const manager = await StateManager.open({ model, spaces, views, store, limits, onFailure, node, runtime: machine });
    // The hub hears of it later, and sends everybody away.
    manager.onInterrupt(() => {
      process.interruptedAt = world.clock.now;
    });
    const frames = new SimCodec((ms, run) => machine.after(ms, run), random.fork("frames"), {
      ...{ scale, zipFromChars },
      snapshots: world.snapshots,
    });
    const hub = new SyncHub(manager, { frames, beaconMs });
    process.serving = {
      ...{ world, manager, hub, frames, models, connections, granted },
      get sendsAway() {
        return process.isStopped || manager.refusal !== null || process.interruptedAt === world.clock.now;
      },
      entries: {
        of: (connection, asked) =>
          new NodeEntry(this.#parts, connection, asked, () =>
            checkServes(world, this.name, this.session, process.reloaded),
          ),
      },
      happen: (run) => machine.happen(run),
    };
    process.http = new HttpOrigin({ world, manager, frames, beaconMs, happen: (run) => machine.happen(run) });
    this.#note(`serves ${manager.epoch} ${manager.version}`);
  }

  /** A node that gets no answer from the database at its start tries again later. */
  #notOpened(process: NodeProcess, error: unknown): void {
    if (!process.machine.isAlive) return;
    const { world } = this.#parts;
    const isOfTheWay = error instanceof SyncError && error.code === "store_unavailable";
    if (error instanceof SyncError && !isOfTheWay) world.fail("T6", `${this.name} does not open: ${error.message}`);
    world.counters.add("engines_starts_refused");
    this.crash();
    world.clock.after(500, () => this.start());
  }

  /** All nodes run one release, so each can apply what another has stored (rule T6). */
  #cantGoOn({ machine }: NodeProcess, error: unknown): void {
    if (machine.isAlive) this.#parts.world.fail("T6", `${this.name} can't go on: ${String(error)}`);
  }

  /** The process ends as by `kill -9`. What it has sent arrives all the same. */
  crash(): void {
    const process = this.#process;
    if (process === null) return;
    this.#note("is killed");
    this.#process = null;
    this.#count(process);
    process.machine.isAlive = false;
    for (const connection of process.connections) connection.processEnded(false, this.#random.skewed(100_000));
    process.connections.clear();
    process.http?.end(false);
  }

  #count({ serving, http }: NodeProcess): void {
    const { counters } = this.#parts.world;
    for (const name of ["history_lost_total", "reloads_total", "fenced_total"])
      counters.add(`engines_${name}`, serving?.manager.metrics()[name] ?? 0);
    counters.add("engines_steps", serving?.hub.metrics.steps ?? 0);
    counters.add("engines_resumed", serving?.hub.metrics.resumed ?? 0);
    counters.add("engines_revoked", serving?.hub.metrics.revoked ?? 0);
    counters.add("engines_of_another_view", serving?.hub.metrics.fullStates.view ?? 0);
    const { states = 0, polls = 0, streams = 0 } = http?.service.httpMetrics ?? {};
    for (const [name, count] of Object.entries({ states, polls, streams })) counters.add(`engines_http_${name}`, count);
  }

  /** The process ends gracefully, and another one takes its place. */
  stop(downMs: number): void {
    const process = this.#process;
    const { world } = this.#parts;
    if (process?.serving == null || process.isStopped) return;
    this.#note("is stopped");
    process.isStopped = true;
    const { hub, manager } = process.serving;
    const ended = () => {
      if (this.#process !== process) return;
      this.crash();
      world.clock.after(downMs, () => this.start());
    };
    manager
      .drain()
      .then(() => hub.close())
      .then(() => manager.close())
      .then(ended, ended);
  }

  pause(): void {
    this.#note("is paused");
    this.#process?.machine.pause();
  }

  resume(): void {
    this.#process?.machine.resume();
  }

  heal(): void {
    Object.assign(this.way, { isCut: false, loss: 0, slowMs: 0 });
    Object.assign(this.link, { isDown: false, loss: 0, slowMs: 20 });
    this.resume();
    if (this.#process?.isStopped !== true) this.start();
  }

  /** The system takes a connection, also where its process is paused. */
  accept(connection: SimConnection): void {
    const process = this.#process;
    if (process?.serving == null || process.isStopped) return connection.refuse();
    const { serving } = process;
    process.machine.happen(() => {
      if (connection.serverDone) return; // Its client has given up meanwhile.
      if (process.isStopped) connection.close(CLOSE.comeBackNow);
      else accept(serving, connection);
    });
  }

  /** A request over HTTP comes. Where the process is paused, the system takes it all the same. */
  ask(ask: SimAsk, sink: AnswerSink): Trip {
    const process = this.#process;
    if (process?.http == null || process.isStopped) {
      sink.failed();
      return { leave: () => {} };
    }
    let trip: Trip | null = null;
    let hasLeft = false;
    process.machine.happen(() => {
      if (!hasLeft) trip = process.http?.ask(ask, sink) ?? null;
    });
    return {
      leave: () => {
        hasLeft = true;
        trip?.leave();
      },
    };
  }

  /** The program at this node hears that a client may see something else (rule V16). A start hears of all that was granted before. */
  grant(client: string, view: ViewName): void {
    const process = this.#process;
    process?.machine.happen(() => {
      if (process.granted.of(client) === view) return;
      process.granted.grant(client, view);
      process.serving?.hub.revoke((subject) => (subject === client ? CLOSE.comeBackNow : null));
    });
  }

  /** The program itself does this at the node. */
  happen(run: () => void): void {
    this.#process?.machine.happen(run);
  }

  #note(text: string): void {
    const { world } = this.#parts;
    world.trace.line(world.clock.now, `${this.name} ${text}`);
  }
}

export interface EngineNodeParts {
  readonly world: Surroundings;
  readonly cluster: Cluster;
  readonly links: Links;
  readonly models: Models;
  readonly hasLink: boolean;
}

interface NodeProcess {
  readonly machine: NodeMachine;
  readonly connections: Set<SimConnection>;
  /** It has heard of these rights. */
  readonly granted: Rights;
  isStopped: boolean;
  /** The node read the store anew at this time, for the last time. */
  interruptedAt: number | null;
  /** It has read everything anew this way, for the last time. */
  reloaded: ChainRead | null;
  /** They are null before the node has opened. */
  serving: Serving | null;
  http: HttpOrigin | null;
}
