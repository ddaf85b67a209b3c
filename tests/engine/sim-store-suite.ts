/** The disk of the simulator runs the contract's tests, wherever its commits run. */

import { describeStore, type StoreHarness } from "@neverstale/server/store/contract-suite";
import { makePlan, mountStore, World } from "@neverstale/sim";
import * as vitest from "vitest";

type DiskConfig = World["config"]["disk"];

/** So that every fold takes several slices, and trimming several steps. */
const settings = { sliceMs: 0, rowsAtOnce: 2, rowsPerLook: 1, rowsPerMessage: 8, trimRows: 3, checkpointPages: 8 };

export function describeSimulatedStore(writer: DiskConfig["writer"]): void {
  describeStore(
    vitest,
    `the simulated disk, writer: ${writer}`,
    async (retention = {}) => new Harness({ writer, retention, settings }),
  );
}

/** A disk whose clock goes on by itself. */
class Harness implements StoreHarness {
  readonly #config: DiskConfig;
  readonly #world: World;
  #backups = 0;
  #ended = false;

  constructor(config: DiskConfig) {
    this.#config = config;
    this.#world = this.#run();
  }

  #run(): World {
    const world = new World({ ...makePlan("a store").config, disk: this.#config });
    const goOn = async () => {
      while (!this.#ended) {
        await world.clock.runUntil(world.clock.now + 20, () => !this.#ended);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    void goOn();
    return world;
  }

  store() {
    return mountStore(this.#world.disk);
  }

  backupPath(): string {
    this.#backups += 1;
    return `backup-${this.#backups}`;
  }

  restored(path: string) {
    const image = this.#world.disk.backups.get(path);
    if (image === undefined) throw new Error(`there is no backup named ${path}`);
    const world = this.#run();
    world.disk.restore(image);
    return mountStore(world.disk);
  }

  async end(): Promise<void> {
    this.#ended = true;
    vitest.expect(this.#world.failure?.rule).not.toBe("A10");
  }
}
