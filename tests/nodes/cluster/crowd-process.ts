/** The crowd process holds many clients, and some replicas of the engine among them. It says nothing on its own. */

import { nodeEnvironment, StateSync } from "@neverstale/client";
import { formatDigest } from "@neverstale/protocol";
import { WebSocket } from "ws";
import { type Api, serveCalls } from "../../../bench/harness/processes/rpc.ts";
import { CrowdClient, type CrowdCounts } from "./crowd-client.ts";
import { SharedStates } from "./shared-states.ts";

const states = new SharedStates();
const counts: CrowdCounts = {
  ...{ firstStates: 0, fullStates: 0, deltas: 0, resumed: 0, steps: 0, lost: 0, problems: 0 },
  ...{ ends: {}, errors: {}, firstProblems: [] },
};
const clients: CrowdClient[] = [];
const replicas: StateSync[] = [];

interface Joining {
  readonly address: string;
  readonly clients: number;
  readonly replicas: number;
}

const api = {
  /** All have their first state when it resolves. */
  async join(joining: Joining): Promise<void> {
    const { host, port } = new URL(joining.address);
    for (let index = 0; index < joining.clients; index += 1) {
      const client = new CrowdClient(Number(port), states, counts);
      clients.push(client);
      client.connect();
      if (index % AT_ONCE === AT_ONCE - 1) await pause(BETWEEN_MS);
    }
    const io = nodeEnvironment({ WebSocket });
    for (let index = 0; index < joining.replicas; index += 1)
      replicas.push(new StateSync({ url: `ws://${host}/sync`, io }));
    await until(() => clients.every(({ isFollowing }) => isFollowing) && replicas.every(isLive));
    states.forgetFirst();
    spreadAcks();
  },
  /** Two of three clients leave and come back, so that the proxy spreads them over all nodes. */
  async comeAgain(): Promise<void> {
    for (const [index, client] of clients.entries()) {
      if (index % 3 !== 0) client.comeAgain();
      if (index % AT_ONCE === AT_ONCE - 1) await pause(BETWEEN_MS);
    }
  },
  told(): CrowdTold {
    const resyncs = replicas.map(({ counters }) =>
      Object.values(counters.resyncs).reduce((sum, count) => sum + count, 0),
    );
    const epochs: Record<string, number> = {};
    for (const { epoch } of [...clients, ...replicas]) if (epoch !== null) epochs[epoch] = (epochs[epoch] ?? 0) + 1;
    return {
      counts,
      epochs,
      lost: counts.lost + replicas.reduce((sum, { counters }) => sum + counters.reconnects, 0),
      following: clients.filter(({ isFollowing }) => isFollowing).length + replicas.filter(isLive).length,
      resyncs: resyncs.reduce((sum, count) => sum + count, 0),
      divergences: replicas.reduce((sum, { counters }) => sum + counters.divergences, 0),
    };
  },
  /** It returns how many clients show which version, with which digest. */
  shown(): Record<string, number> {
    const all = [
      ...clients.map(({ shown }) => `${shown.version} ${formatDigest(shown.sum)}`),
      ...replicas.map((replica) => `${replica.version} ${replica.digest()}`),
    ];
    const found: Record<string, number> = {};
    for (const one of all) found[one] = (found[one] ?? 0) + 1;
    return found;
  },
} satisfies Api;

export type CrowdApi = typeof api;

export interface CrowdTold {
  readonly counts: CrowdCounts;
  /** So many clients are in which epoch. */
  readonly epochs: Readonly<Record<string, number>>;
  /** Connections that were lost, those of the replicas too. */
  readonly lost: number;
  /** So many follow now. */
  readonly following: number;
  /** The replicas asked for a full state so often, and found their records to be others so often. */
  readonly resyncs: number;
  readonly divergences: number;
}

function isLive({ status }: StateSync): boolean {
  return status.type === "live";
}

/** A replica says within 250 ms what it has taken in. In each slice of that time another part of the clients is due. */
function spreadAcks(): void {
  let slice = 0;
  setInterval(() => {
    slice = (slice + 1) % SLICES;
    for (let index = slice; index < clients.length; index += SLICES) clients[index]?.ack();
  }, ACK_MS / SLICES);
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await pause(50);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const AT_ONCE = 50;
const BETWEEN_MS = 100;
const ACK_MS = 250;
const SLICES = 25;

serveCalls(api);
