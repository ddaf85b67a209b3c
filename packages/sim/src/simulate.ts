/** Tests simulate a world in which nothing goes wrong but what they do to it. */

import type { Change } from "@neverstale/protocol";
import type { Applied } from "@neverstale/server";
import { isClientLevel } from "./healthy-phase.ts";
import type { NetworkConfig } from "./network/network.ts";
import type { DiskConfig } from "./store/disk.ts";
import type { PlainClient } from "./world/plain-client.ts";
import type { AuthorityConfig } from "./world/surroundings.ts";
import type { Tab } from "./world/tab.ts";
import { World } from "./world/world.ts";

export function simulate(options: SimulateOptions): Simulation {
  return new Simulation(options);
}

export class Simulation {
  readonly world: World;
  readonly #network: NetworkConfig;
  #clients = 0;

  constructor({ seed, authority, network, disk }: SimulateOptions) {
    const config = { ...AUTHORITY, ...authority };
    this.world = new World({ seed: `test ${seed}`, authority: config, disk: { ...DISK, ...disk }, keepTrace: false });
    this.#network = { ...NETWORK, ...network };
    this.world.authority.start();
  }

  /** It lets so much time pass, and throws when anything that is promised does not hold. */
  async run({ ms }: { readonly ms: number }): Promise<void> {
    await this.world.pass(ms);
    const { failure } = this.world;
    if (failure !== null) throw new Error(`[${failure.rule}] after ${failure.at} ms: ${failure.message}`);
  }

  openTab(space = "main", { inBrowser = false, parts = true, steps = true } = {}): Tab {
    this.#clients += 1;
    return this.world.openTab(`tab-${this.#clients}`, space, this.#network, { inBrowser, parts, steps });
  }

  openPlain(space = "main"): PlainClient {
    this.#clients += 1;
    return this.world.openPlain(`plain-${this.#clients}`, space, this.#network);
  }

  /** It writes one transaction, which is durable and acknowledged once time has passed. */
  async write(...changes: readonly Change[]): Promise<Applied> {
    const { process } = this.world.authority;
    if (process === null) throw new Error("there is no authority to write to");
    const applied = process.transact(() => changes);
    await this.run({ ms: 100 });
    return applied;
  }

  /** The network between them is gone until `mend`, and the connection with it. */
  cut({ network }: Tab | PlainClient): void {
    network.current?.cut("both", 0);
    network.hold("partition", ["up", "down"]);
  }

  /** Nothing arrives any more, and nobody is told. */
  silence({ network }: Tab | PlainClient): void {
    network.current?.cut("nobody", 0);
    network.hold("partition", ["up", "down"]);
  }

  mend({ network }: Tab | PlainClient): void {
    network.release("partition");
  }

  /** It ends the process and starts another one. */
  async restart({ power = false } = {}): Promise<void> {
    this.world.authority.crash(power);
    this.world.authority.start();
    await this.run({ ms: 100 });
  }

  /** The process takes over anew while it runs. */
  async takeOver(): Promise<void> {
    this.world.authority.takeOver();
    await this.run({ ms: 100 });
  }

  isLevel(client: Tab | PlainClient): boolean {
    return isClientLevel(this.world, client);
  }
}

export interface SimulateOptions {
  readonly seed: number;
  readonly authority?: Partial<AuthorityConfig>;
  readonly network?: Partial<NetworkConfig>;
  readonly disk?: Partial<DiskConfig>;
}

const AUTHORITY: AuthorityConfig = {
  limits: {},
  beaconMs: 30_000,
  scale: 1,
  zipFromChars: 1e9,
  buildMs: 5,
  loopUtilization: 0,
};
const DISK: DiskConfig = { writer: "worker", retention: {} };
const NETWORK: NetworkConfig = { latencyMs: 5, jitterMs: 0, kernelBytes: 4_000_000, late: 0, tcpTimeoutMs: 900_000 };

export function hostAdded(id: string, data: Change["data"] = {}): Change {
  return { type: "host_added", target: id, data };
}

export function hostUpdated(id: string, data: Change["data"]): Change {
  return { type: "host_updated", target: id, data };
}

export function hostRemoved(id: string): Change {
  return { type: "host_removed", target: id, data: {} };
}
