/** A trial is a cluster under load: many clients follow, dispatchers ask for changes, and nodes die or are started anew. */

import { setTimeout as delay } from "node:timers/promises";
import { Cluster, type ClusterNode } from "./cluster.ts";
import { Crowd, type CrowdSize } from "./crowd.ts";
import type { CrowdTold } from "./crowd-process.ts";
import { Dispatchers, type DispatchRate } from "./dispatchers.ts";
import { COUNTERS, type NodeFacts } from "./library-node.ts";
import { until } from "./until.ts";

/** What one death or one restart of a node cost. Times are in milliseconds. */
export interface Cost {
  readonly node: string;
  readonly wasWriter: boolean;
  /** So many clients were connected to it. */
  readonly clients: number;
  /** So many connections were lost. */
  readonly lost: number;
  /** So many of them were those of clients that tell how they came back, and of these so many resumed by a diff. */
  readonly watched: number;
  readonly resumed: number;
  /** So many clients got a full state that had one already. */
  readonly fullStates: number;
  /** So many steps the clients took. */
  readonly steps: number;
  /** A dispatch was answered by the next writer after so long. It is null where the writer was another one. */
  readonly writesAgainMs: number | null;
  /** All clients followed again after so long. */
  readonly followAgainMs: number;
  readonly slowestDispatchMs: number;
}

/** All that a trial showed in the end. */
export interface Verdict {
  /** Changes that were acknowledged, and changes that the state has in it. */
  readonly acknowledged: number;
  readonly stored: number;
  /** Each request raised by a number of its own: one that is lost, or carried out twice, shows in the sum. */
  readonly sumAcknowledged: number;
  readonly sumStored: number;
  /** The version counts changes, too. */
  readonly versions: number;
  /** So many clients show which version with which digest, and the nodes have these. */
  readonly shown: Readonly<Record<string, number>>;
  readonly nodes: readonly string[];
  /** So many full states the nodes sent to whom had a position. */
  readonly fullStatesSent: number;
  readonly told: CrowdTold;
  readonly failures: readonly string[];
  readonly tries: Readonly<Record<string, number>>;
}

export class Trial {
  readonly cluster: Cluster;
  readonly crowd: Crowd;
  readonly dispatchers: Dispatchers;
  /** Nodes that have ended had sent so many. */
  #fullStatesSent = 0;

  private constructor(cluster: Cluster, crowd: Crowd, dispatchers: Dispatchers) {
    this.cluster = cluster;
    this.crowd = crowd;
    this.dispatchers = dispatchers;
  }

  static async begin(size: CrowdSize, rate: DispatchRate): Promise<Trial> {
    const cluster = await Cluster.start();
    try {
      const crowd = await Crowd.join(size, cluster.address);
      const dispatchers = new Dispatchers(cluster.address, rate);
      dispatchers.start();
      return new Trial(cluster, crowd, dispatchers);
    } catch (error) {
      await cluster.dispose();
      throw error;
    }
  }

  /** The writer is killed amid requests, and started again once another node decides. */
  async killWriter(): Promise<Cost> {
    const writer = await this.cluster.writer();
    return this.#costOf(writer, async ({ epoch }) => {
      await this.dispatchers.untilTick();
      await delay(Math.random() * AMID_MS);
      const answered = this.dispatchers.untilAnotherEpoch(epoch);
      const at = performance.now();
      await writer.end("SIGKILL");
      const writesAgainMs = (await answered) - at;
      await writer.start();
      return writesAgainMs;
    });
  }

  /** The node is told to end, and is started again once it has. */
  restart(node: ClusterNode): Promise<Cost> {
    return this.#costOf(node, async ({ epoch, role }) => {
      const at = performance.now();
      const answered = role === "writer" ? this.dispatchers.untilAnotherEpoch(epoch) : null;
      const code = await node.end("SIGTERM");
      if (code !== 0) throw new Error(`${node.name} ended with ${code}`);
      const writesAgainMs = answered === null ? null : (await answered) - at;
      await node.start();
      return writesAgainMs;
    });
  }

  async #costOf(node: ClusterNode, trouble: (facts: NodeFacts) => Promise<number | null>): Promise<Cost> {
    const { cluster, crowd, dispatchers } = this;
    await cluster.untilLinked();
    await cluster.untilAllAreAsked();
    await crowd.comeAgain();
    const before = await crowd.untilAllFollow(0);
    const facts = await node.facts();
    this.#fullStatesSent += fullStatesIn(facts);
    dispatchers.takeSlowest();
    const begun = performance.now();
    const following = crowd.untilAllFollow(before.lost + facts.connections);
    const [writesAgainMs, followAgainMs] = await Promise.all([
      trouble(facts),
      following.then(() => performance.now() - begun),
    ]);
    const writer = await cluster.writer();
    await crowd.untilAllIn((await writer.facts()).epoch);
    const told = await crowd.untilAllFollow(before.lost + facts.connections);
    return {
      node: node.name,
      wasWriter: facts.role === "writer",
      clients: facts.connections,
      lost: told.lost - before.lost,
      watched: told.counts.lost - before.counts.lost,
      resumed: told.counts.resumed - before.counts.resumed,
      fullStates: told.counts.fullStates - before.counts.fullStates,
      steps: told.counts.steps - before.counts.steps,
      writesAgainMs,
      followAgainMs,
      slowestDispatchMs: dispatchers.takeSlowest(),
    };
  }

  /** Nothing is dispatched any more, and all clients show the same as the nodes. */
  async end(): Promise<Verdict> {
    const { cluster, crowd, dispatchers } = this;
    await dispatchers.stop();
    const { version, count, sum } = await this.#whatAllShow();
    const facts = await cluster.facts();
    return {
      acknowledged: dispatchers.changes,
      stored: count,
      sumAcknowledged: dispatchers.sum,
      sumStored: sum,
      versions: version - COUNTERS,
      shown: await crowd.shown(),
      nodes: [...new Set(facts.map((node) => `${node.version} ${node.digest}`))],
      fullStatesSent: this.#fullStatesSent + facts.reduce((total, node) => total + fullStatesIn(node), 0),
      told: await crowd.told(),
      failures: dispatchers.failures,
      tries: dispatchers.tries,
    };
  }

  /** It waits until all nodes and all clients are at one version. */
  async #whatAllShow(): Promise<NodeFacts> {
    let writer: NodeFacts | undefined;
    await until("all nodes and all clients are at one version", async () => {
      const all = await this.cluster.facts();
      writer = all.find(({ role }) => role === "writer");
      const versions = Object.keys(await this.crowd.shown()).map((shown) => Number.parseInt(shown, 10));
      return [...versions, ...all.map(({ version }) => version)].every((version) => version === writer?.version);
    });
    return writer as NodeFacts;
  }

  async dispose(): Promise<void> {
    await this.crowd.leave();
    await this.dispatchers.stop();
    await this.cluster.dispose();
  }
}

/** A kill comes at any moment of the time in which the requests of a tick are carried out. */
const AMID_MS = 40;

/** Those who came without a position had to get one. */
function fullStatesIn({ fullStates }: NodeFacts): number {
  return Object.entries(fullStates).reduce((sum, [reason, count]) => sum + (reason === "first" ? 0 : count), 0);
}
