/** The store world is some data, and the stores that the suites open on it. */

import type * as Vitest from "vitest";
import type { Store, StoreContents } from "./contract.ts";
import type { Retention } from "./retention.ts";
import { START } from "./store-rows-suite.ts";

/** The harness is data that outlives the stores which are opened on it. */
export interface StoreHarness {
  /** It returns a store on this data: another object each time, where the implementation allows it. */
  store(): Store;
  /** It returns a path at which a backup may be made. */
  backupPath(): string;
  /** It returns a store on a backup that was made there. */
  restored(path: string): Store;
  /** It need close nothing: the suite closes what it opened. */
  end(): Promise<void>;
}

export type MakeHarness = (retention?: Partial<Retention>) => Promise<StoreHarness>;

/** The suite is written with these functions of Vitest. Whoever runs it hands in his own. */
export type TestTools = Pick<typeof Vitest, "afterEach" | "beforeEach" | "describe" | "expect" | "test">;

/** The parts of the suite test this: a store that they start, and the world that it is in from then on. */
export interface TestedStore {
  start(retention?: Partial<Retention>): Promise<Store>;
  readonly world: World;
}

/** A world is one harness, the store that is open on it, and what that held when it was opened. */
export class World {
  static readonly none = new World(null);
  readonly #harness: StoreHarness | null;
  #store: Store | null = null;
  contents: StoreContents = { epochs: [], spaces: [], head: null, takeover: null, ageAt: null };

  constructor(harness: StoreHarness | null) {
    this.#harness = harness;
  }

  get harness(): StoreHarness {
    if (this.#harness === null) throw new Error("the test has not started its store");
    return this.#harness;
  }

  get store(): Store {
    if (this.#store === null) throw new Error("no store is open");
    return this.#store;
  }

  async open(): Promise<Store> {
    const store = this.harness.store();
    this.contents = await opened(store);
    this.#store = store;
    return store;
  }

  async reopen(): Promise<Store> {
    await this.store.close();
    this.#store = null;
    return this.open();
  }

  space(name: string): StoreContents["spaces"][number] {
    const space = this.contents.spaces.find((candidate) => candidate.name === name);
    if (space === undefined) throw new Error(`no space "${name}"`);
    return space;
  }

  async end(): Promise<void> {
    await this.#store?.close();
    await this.#harness?.end();
  }
}

/** Reads a store and takes it over, in `term-1` at first, then in `term-2`, and so on. It returns what was read. */
export async function opened(store: Store): Promise<StoreContents> {
  const contents = await store.read();
  const { epochs, head, ageAt } = contents;
  const epoch = `term-${epochs.length + 1}`;
  await store.takeOver({ epoch, address: null, model: 1, at: START, ageAt: ageAt ?? START, after: head });
  return contents;
}
