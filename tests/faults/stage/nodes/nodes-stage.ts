/** The stage of several nodes is a PostgreSQL, with a standby where a script wants one, the nodes on it, and clients at each of them. */

import assert from "node:assert/strict";
import { nodeEnvironment, StateSync } from "@neverstale/client";
import { startTestServer, type TestServer } from "@neverstale/store-postgres/test-server";
import { WebSocket } from "ws";
import type { State } from "../../../engine/authority.ts";
import { until } from "../../../engine/authority-process.ts";
import { atLeisure } from "../../../leisure.ts";
import { Door } from "./door.ts";
import { FreshClaims } from "./fresh-claims.ts";
import { History } from "./history.ts";
import { KeyedLedger } from "./keyed-ledger.ts";
import { NodeOnStage } from "./node-on-stage.ts";
import { ShownStates } from "./shown-states.ts";
import { newestVersion, Standby } from "./standby.ts";

const BEACON_MS = 1_000;

/** A client reaches its node through a door, which may lead to another node later, as behind a load balancer. */
export interface ClientOnStage {
  readonly sync: StateSync<State>;
  readonly door: Door;
}

export interface StageOptions {
  readonly nodes?: number;
  readonly standby?: boolean;
  readonly settings?: Readonly<Record<string, string>>;
  /** The server's data are below it. */
  readonly parent?: string;
  /** By default it is the one that each cluster has. */
  readonly database?: string;
  /** These variables are set in the process of the node of this number, which counts from 0 on. */
  readonly envOf?: (index: number) => NodeJS.ProcessEnv;
  /** It is called with the server before nodes are made, and returns the port at which they reach it. */
  readonly between?: (server: TestServer) => Promise<number>;
}

/** All of it is gone when the script has ended, however it ends. */
export class NodesStage implements AsyncDisposable {
  readonly primary: TestServer;
  readonly nodes: NodeOnStage[] = [];
  readonly clients: ClientOnStage[] = [];
  readonly ledger = new KeyedLedger();
  readonly shown = new ShownStates();
  readonly fresh = new FreshClaims(this.ledger);
  #standby: Standby | null = null;
  /** This one holds the history in the end. */
  #lasting: TestServer;
  /** The database ended at this version when its standby was promoted. */
  lostFrom: number | null = null;

  private constructor(primary: TestServer) {
    this.primary = primary;
    this.#lasting = primary;
  }

  /** All nodes are linked, and have a client each. */
  static async start({
    nodes = 3,
    standby = false,
    settings = {},
    parent,
    ...more
  }: StageOptions = {}): Promise<NodesStage> {
    const primary = await startTestServer(settings, parent);
    const stage = new NodesStage(primary);
    try {
      if (standby) stage.#standby = await Standby.of(primary);
      const port = (await more.between?.(primary)) ?? primary.port;
      const { database = "postgres", envOf = () => ({}) } = more;
      for (let index = 0; index < nodes; index += 1) await stage.#add(port, database, envOf(index));
      // The first one is the writer.
      await stage.nodes[0]?.start();
      await Promise.all(stage.nodes.slice(1).map((node) => node.start()));
      await stage.untilLinked();
      for (const node of stage.nodes) await stage.client(node);
      return stage;
    } catch (error) {
      await stage[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #add(port: number, database: string, env: NodeJS.ProcessEnv): Promise<void> {
    const urlOf = (at: number) => this.primary.url({ port: at, database });
    const node = await NodeOnStage.make(port, urlOf, BEACON_MS);
    node.env = env;
    this.nodes.push(node);
  }

  get standby(): Standby {
    assert.ok(this.#standby !== null, "this stage has no standby");
    return this.#standby;
  }

  get running(): NodeOnStage[] {
    return this.nodes.filter(({ isRunning }) => isRunning);
  }

  /** A load balancer would lead requests to these. */
  readonly answering = (): NodeOnStage[] => this.running.filter(({ isStopped }) => !isStopped);

  /** It resolves once the client is live. */
  async client(node: NodeOnStage): Promise<ClientOnStage> {
    const door = await Door.to(node.port);
    const url = `ws://127.0.0.1:${door.port}/sync`;
    const sync = new StateSync<State>({ url, io: nodeEnvironment({ WebSocket }) });
    const client = { sync, door };
    this.clients.push(client);
    this.shown.watch(sync);
    this.fresh.watch(sync);
    await until("a new client is live", () => sync.status.type === "live");
    return client;
  }

  /** It returns the one client that was made with this node. */
  clientOf(node: NodeOnStage): ClientOnStage {
    return this.clients[this.nodes.indexOf(node)] as ClientOnStage;
  }

  async untilLinked(): Promise<void> {
    await until("all nodes serve and are linked", async () => {
      const facts = await Promise.all(this.running.map((node) => node.facts()));
      const others = facts.length - 1;
      return facts.every(({ isServing, metrics }) => isServing && (metrics.node_links_out ?? 0) >= others);
    });
  }

  /** It waits until exactly one of the nodes says that it is the writer. A node that gives no answer says nothing. */
  async writer(among: readonly NodeOnStage[] = this.running): Promise<NodeOnStage> {
    let found: NodeOnStage[] = [];
    await until("there is one writer", async () => {
      const roles = await Promise.all(
        among.map((node) =>
          node.facts().then(
            ({ role }) => role,
            () => null,
          ),
        ),
      );
      found = among.filter((_, index) => roles[index] === "writer");
      return found.length === 1;
    });
    return found[0] as NodeOnStage;
  }

  others(...but: readonly NodeOnStage[]): NodeOnStage[] {
    return this.running.filter((node) => !but.includes(node));
  }

  /** The primary dies as it is. The standby goes on with what it has, and all nodes reach it from now on. */
  async failOver(nodes: readonly NodeOnStage[] = this.nodes): Promise<void> {
    await this.primary.stop("SIGKILL");
    await this.promote();
    this.fresh.startOver();
    for (const node of nodes) node.database.leadTo(this.standby.server.port);
  }

  /** The standby becomes a primary. From here on the history is the one that it holds. */
  async promote(): Promise<void> {
    await this.standby.promote();
    this.#lasting = this.standby.server;
    this.lostFrom = await newestVersion(this.#lasting);
  }

  /** It returns how much the running nodes have counted under a name, by node. */
  async counted(metric: string): Promise<number[]> {
    return Promise.all(this.running.map(async (node) => (await node.facts()).metrics[metric] ?? 0));
  }

  /** So many full states were sent to clients that had a position. */
  async fullStates(): Promise<number> {
    const counts = await Promise.all(this.running.map((node) => node.fullStates()));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** Waits until all nodes and clients show what the database holds, and judges what was shown and acknowledged on the way. */
  async judge(database = "postgres"): Promise<Verdict> {
    await this.ledger.end();
    const url = this.#lasting.url({ database });
    const history = await this.#untilLevel(url);
    for (const { sync } of this.clients) assert.equal(sync.counters.divergences, 0, "no client showed something wrong");
    const { right, lost } = this.shown.judge(history, this.lostFrom);
    const unshown = Math.round(this.fresh.longestMs);
    assert.ok(unshown <= atLeisure(3_000), `a client was live for ${unshown} ms without an acknowledged change`);
    return {
      acknowledged: this.ledger.acknowledged,
      recovered: this.ledger.recovered(history, this.lostFrom),
      seen: `${right + lost} positions that clients showed were compared, all right; none was live for more than ${unshown} ms without what was acknowledged`,
      shownAndLost: lost,
    };
  }

  /** Returns the history that the database holds then. */
  async #untilLevel(url: string): Promise<History> {
    let history = await History.read(url);
    let behind: readonly string[] = [];
    const isSettled = async () => {
      behind = await this.#behind(history);
      if (behind.length > 0) history = await History.read(url);
      return behind.length === 0;
    };
    await until("all nodes and clients show what the database holds", isSettled).catch((error) => {
      throw new Error(`${history.head} of ${history.epoch} is the newest version: ${behind.join("; ")}`, {
        cause: error,
      });
    });
    return history;
  }

  /** It says of each node and client that does not show the end of this history how it stands. */
  async #behind({ epoch, head, digestAt }: History): Promise<string[]> {
    const nodes = this.running.map(async (node, index) => {
      const facts = await node.facts().catch(() => null);
      const isLevel = facts?.epoch === epoch && facts.version === head && facts.digest === digestAt(head);
      return isLevel && facts.isServing ? [] : [`node ${index + 1} stands at ${JSON.stringify(facts)}`];
    });
    const clients = this.clients.map(({ sync }, index) => {
      const isLevel = sync.epoch === epoch && sync.version === head && sync.digest() === digestAt(head);
      const status = JSON.stringify(sync.status);
      return isLevel && sync.status.type === "live" ? [] : [`client ${index + 1} is at ${sync.version}, ${status}`];
    });
    return [...(await Promise.all(nodes)), ...clients].flat();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.fresh[Symbol.dispose]();
    for (const { sync } of this.clients) sync.stop();
    await Promise.all(this.nodes.map((node) => node.end()));
    await this.ledger.end();
    await Promise.all(this.clients.map(({ door }) => door.close()));
    await this.#standby?.end();
    await this.primary.end();
  }
}

export interface Verdict {
  readonly acknowledged: number;
  readonly recovered: number;
  readonly seen: string;
  /** So many positions were shown that the database has lost. */
  readonly shownAndLost: number;
}
