/** The node world is one shared database in memory, with nodes that may be paused, cut off, or told nothing of what they asked. */

import { collection, defineModel, type Model, patch, put } from "@neverstale/protocol";
import type { OpenOptions } from "../authority/open-options.ts";
import { StateManager } from "../authority/state-manager.ts";
import { VirtualRuntime } from "../runtime/virtual-runtime-suite.ts";
import { type ChainEntry, type ChainHead, type CommitGroup, StoreFailure, type Takeover } from "../store/contract.ts";
import { MemoryStore } from "../store/memory.ts";
import { MemoryDatabase } from "../store/memory-database.ts";
import type { AliveNode } from "../store/node-table.ts";
import type { ToldDigests } from "./digests/digest-telling.ts";
import type { NodeDivergence } from "./digests/divergences.ts";
import { type AnswerTo, type ForwardedCall, ForwardFailure, type LinkedNode, type NodeLink } from "./node-link.ts";

export const model = defineModel({
  model: 1,
  collections: { hosts: collection(null) },
  changes: { host_added: put("hosts"), host_updated: patch("hosts") },
});

export const added = (target: string, data = {}) => ({ type: "host_added", target, data });

/** All nodes share one clock. */
export class NodeWorld {
  readonly runtime = new VirtualRuntime();
  readonly database: MemoryDatabase;
  readonly links = new MemoryLinks();

  constructor(options: ConstructorParameters<typeof MemoryDatabase>[0] = {}) {
    this.database = new MemoryDatabase(options);
  }

  /** With `link` it hears of entries as they are committed, and forwards calls. */
  async start(address: string, options: StartOptions = {}): Promise<TestNode> {
    const store = new FarStore(this.database, this.runtime);
    const {
      link = false,
      isWaitedFor = true,
      replacesOlderModels = false,
      onDivergence = () => {},
      ...given
    } = options;
    const node = {
      address,
      replacesOlderModels,
      onDivergence,
      ...(link ? { link: (linked: LinkedNode) => this.links.join(linked) } : {}),
    };
    const failures: unknown[] = [];
    const onFailure = (error: unknown) => failures.push(error);
    const opening = StateManager.openWith({ model, store, onFailure, ...given, node }, this.runtime);
    opening.catch(() => {});
    if (isWaitedFor) await this.runtime.pass(1_000);
    return { manager: await opening, store, failures };
  }

  pass(ms: number): Promise<void> {
    return this.runtime.pass(ms);
  }

  /** It lets time pass until the work is done. */
  async done<Result>(work: Promise<Result>, ms = 100): Promise<Result> {
    work.catch(() => {});
    await this.runtime.pass(ms);
    return work;
  }

  /** It says of each place in the chain in which term it is. */
  async chain(): Promise<ChainEntry[]> {
    const store = new MemoryStore({ database: this.database });
    await store.read();
    const entries = await store.readChain({ afterSequence: 0, limit: 1_000 });
    return entries === "trimmed" ? [] : [...entries];
  }
}

export interface TestNode {
  readonly manager: StateManager<Model>;
  readonly store: FarStore;
  readonly failures: unknown[];
}

type StartOptions = Partial<Omit<OpenOptions<Model>, "store" | "node">> & {
  readonly link?: boolean;
  readonly isWaitedFor?: boolean;
  readonly onDivergence?: (divergence: NodeDivergence) => void;
  readonly replacesOlderModels?: boolean;
};

/** The way to the database is long: each answer takes a millisecond, and may not come. */
class FarStore extends MemoryStore {
  readonly #runtime: VirtualRuntime;
  /** With true nothing is asked and nothing is answered until it is false again. */
  isPaused = false;
  /** With true every call fails. */
  isCut = false;
  /** The answer to the next write is lost. `isStored` says whether it is carried out. */
  loses: { readonly isStored: boolean } | null = null;
  beats = 0;
  /** The answer to the next beat is lost, which is not carried out. */
  losesBeat = false;
  /** A takeover takes so long. */
  takeoverMs = 0;
  /** With false each answer about the newest entry comes with a warning. */
  isSure = true;
  /** It is called when the store has said which entry is the newest, before that answer arrives. */
  onConfirmed = () => {};
  /** So often the chain was read, and the newest entry was asked for. */
  reads = 0;
  confirms = 0;

  constructor(database: MemoryDatabase, runtime: VirtualRuntime) {
    super({ database });
    this.#runtime = runtime;
  }

  async #far<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    do {
      await new Promise<void>((resolve) => this.#runtime.after(1, resolve));
    } while (this.isPaused);
    if (this.isCut) throw new StoreFailure("nothing_moved", "there is no way to the database");
    return work();
  }

  #write<Result>(work: () => Result | Promise<Result>): Promise<Result> {
    return this.#far(async () => {
      const lost = this.loses;
      this.loses = null;
      if (lost === null) return work();
      if (lost.isStored) await work();
      throw new StoreFailure("unknown", "the answer was lost");
    });
  }

  override read() {
    return this.#far(() => super.read());
  }

  override async takeOver(takeover: Takeover): Promise<ChainHead> {
    if (this.takeoverMs > 0) await new Promise<void>((resolve) => this.#runtime.after(this.takeoverMs, resolve));
    return this.#write(() => super.takeOver(takeover));
  }

  override commit(group: CommitGroup): Promise<void> {
    return this.#write(() => super.commit(group));
  }

  override readChain(query: Parameters<MemoryStore["readChain"]>[0]) {
    this.reads += 1;
    return this.#far(() => super.readChain(query));
  }

  override findAnswer(query: Parameters<MemoryStore["findAnswer"]>[0]) {
    return this.#far(() => super.findAnswer(query));
  }

  override confirm() {
    this.confirms += 1;
    return this.#far(async () => {
      const seen = await super.confirm();
      this.onConfirmed();
      return { ...seen, sure: this.isSure };
    });
  }

  override beat(): Promise<void> {
    this.beats += 1;
    return this.#far(() => {
      if (!this.losesBeat) return super.beat();
      this.losesBeat = false;
      throw new StoreFailure("unknown", "the answer was lost");
    });
  }

  override listNodes() {
    return this.#far(() => super.listNodes());
  }

  /** It says what is in the table, without any way there. */
  listNodesNow() {
    return super.listNodes();
  }
}

/** Links in memory lead from each node to all others. */
class MemoryLinks {
  readonly #nodes = new Set<LinkedNode>();
  /** Entries that are pushed go through here. */
  onPush: (entry: ChainEntry, to: LinkedNode) => void = (entry, to) => to.receive(entry);
  /** What is told of spaces goes through here. */
  onDigests: (told: ToldDigests) => ToldDigests = (told) => told;
  /** The answer to the next call that is forwarded is lost. */
  losesAnswer = false;

  /** It comes to all nodes now, whoever has sent it and whenever. */
  deliver(entry: ChainEntry): void {
    for (const node of this.#nodes) node.receive(entry);
  }

  /** It is told to all nodes. */
  tell(told: ToldDigests): void {
    for (const node of this.#nodes) node.compare(told);
  }

  join(node: LinkedNode): NodeLink {
    this.#nodes.add(node);
    const find = (address: string) => [...this.#nodes].find(({ row }) => row.address === address);
    return {
      isUp: true,
      push: (entry) => {
        const sent = JSON.parse(JSON.stringify(entry)) as ChainEntry;
        for (const other of this.#nodes) if (other !== node) this.onPush(sent, other);
      },
      forward: (address, call) => this.#forward(find(address), call),
      succeed: async ({ id }: AliveNode, place) =>
        (await [...this.#nodes].find(({ row }) => row.id === id)?.takeOverFrom(place)) ?? false,
      tellDigests: (told) => {
        for (const other of this.#nodes) if (other !== node) other.compare(this.onDigests(told));
      },
      listed: () => {},
      applied: () => {},
      whenApplied: async (nodes, place) =>
        nodes.every((listed) =>
          [...this.#nodes].some(({ row, place: its }) => row.id === listed.id && its?.sequence === place.sequence),
        ),
      metrics: () => ({}),
      close: () => {
        this.#nodes.delete(node);
      },
    };
  }

  /** A node of this id dials the one at that address. */
  dial(id: string, address: string): void {
    for (const node of this.#nodes) if (node.row.address === address) node.dialledBy(id);
  }

  async #forward<Call extends ForwardedCall>(to: LinkedNode | undefined, call: Call): Promise<AnswerTo<Call>> {
    if (to === undefined) throw new ForwardFailure(false, "nobody is there");
    const applied = await to.carryOut(JSON.parse(JSON.stringify(call)) as Call);
    if (!this.losesAnswer) return applied;
    this.losesAnswer = false;
    throw new ForwardFailure(true, "the answer was lost");
  }
}
