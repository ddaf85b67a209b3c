/** A shared node is one of several processes that write to one database: it follows, takes over, and writes in its term. */

import { memoryStore, type Store, StoreFailure } from "@neverstale/server";
import type { ChainEntry, ChainHead, CommitGroup, SpaceCommit, StoreOutcome } from "@neverstale/server/store";
import type { Report } from "../checks/history.ts";
import type { Random } from "../plan/random.ts";
import type { FarDatabase } from "./far-database.ts";

/** It knows nothing but what it has read. Each call says how it ended; the database's own view says how it must end. */
export class SharedNode {
  readonly name: string;
  readonly #database: FarDatabase;
  readonly #store: Store;
  readonly #random: Random;
  readonly #report: Report;
  /** It has applied all up to this entry. */
  #place: ChainHead | null = null;
  readonly #spaces = new Map<string, { creationId: string; head: number }>();
  #isOpen = false;
  /** It takes itself for the writer. */
  #isWriter = false;
  #drawn = 0;

  constructor(name: string, database: FarDatabase, random: Random, report: Report) {
    this.name = name;
    this.#database = database;
    this.#store = memoryStore({ database });
    this.#random = random;
    this.#report = report;
  }

  /** It does one thing, as chance wants it, and returns what came of it. */
  async step(): Promise<string> {
    if (!this.#isOpen) return this.#read("opened");
    if (!this.#isWriter) return this.#random.chance(0.3) ? this.#takeOver() : this.#follow();
    const what = this.#random.pick([
      "commit",
      "commit",
      "commit",
      "fold",
      "beat",
      "find",
      "take over",
      "read",
    ] as const);
    if (what === "take over") return this.#takeOver();
    if (what === "read") return this.#read("read");
    if (what === "commit") return this.#commit();
    const before = this.#isRightful;
    const calls = {
      fold: () => this.#fold(),
      beat: () => this.#store.beat(),
      find: () => this.#store.findAnswer({ key: "k", owner: "", madeAt: null }),
    };
    return this.#judged(what, before, calls[what]);
  }

  /** The newest entry is the one that it knows as the newest. */
  get #isRightful(): boolean {
    return this.#database.isAt(this.#place);
  }

  async #read(outcome: string): Promise<string> {
    const { head, spaces } = await this.#store.read();
    this.#place = head;
    this.#spaces.clear();
    for (const { name, creationId, foldedVersion, log } of spaces)
      this.#spaces.set(name, { creationId, head: log.at(-1)?.lastVersion ?? foldedVersion });
    this.#isOpen = true;
    this.#isWriter = false;
    return outcome;
  }

  /** It reads from its own entry on. When that is not there, the database has another history. */
  async #follow(): Promise<string> {
    const after = Math.max(0, (this.#place?.sequence ?? 0) - 1);
    const entries = await this.#store.readChain({ afterSequence: after, limit: this.#random.int(2, 9) });
    if (entries === "trimmed") return this.#read("trimmed");
    const [own] = entries;
    if (this.#place !== null && (own?.sequence !== this.#place.sequence || own.term !== this.#place.term))
      return this.#read("lost");
    for (const entry of this.#place === null ? entries : entries.slice(1)) this.#apply(entry);
    return "followed";
  }

  #apply(entry: ChainEntry): void {
    const { sequence, term, termBefore } = entry;
    if (sequence !== (this.#place?.sequence ?? 0) + 1 || termBefore !== (this.#place?.term ?? null))
      this.#report("A2", `${this.name} reads entry ${sequence} behind ${this.#place?.sequence} ${this.#place?.term}`);
    if (entry.type === "group") {
      if (term !== termBefore) this.#report("A2", `entry ${sequence} begins the term ${term} without a takeover`);
      for (const space of entry.spaces) this.#move(space, sequence);
    }
    this.#place = { sequence, term };
  }

  #move(
    { name, creationId, removed, firstVersion, lastVersion }: Omit<SpaceCommit, "changes">,
    sequence: number,
  ): void {
    const known = this.#spaces.get(name);
    const next = creationId === null ? known : { creationId, head: 0 };
    if (removed) this.#spaces.delete(name);
    else if (next === undefined || firstVersion !== next.head + 1)
      this.#report("A2", `entry ${sequence} goes on with ${firstVersion} of ${name}, after ${next?.head}`);
    else this.#spaces.set(name, { creationId: next.creationId, head: lastVersion });
  }

  async #takeOver(): Promise<string> {
    this.#drawn += 1;
    const epoch = `${this.name}/${this.#drawn}`;
    const takeover = { epoch, address: this.name, model: 1, at: this.#drawn, ageAt: this.#drawn, after: this.#place };
    this.#isWriter = false;
    const take = async () => {
      this.#place = await this.#store.takeOver(takeover);
      this.#isWriter = true;
    };
    const outcome = await this.#judged("takeover", this.#isRightful, take);
    // Whoever doesn't know whether it has taken over asks once more. Somebody else may have done so meanwhile.
    if (outcome === "takeover unknown") await take().catch(() => {});
    return outcome;
  }

  async #commit(): Promise<string> {
    const before = this.#isRightful;
    const group = this.#group();
    const head = { sequence: (this.#place?.sequence ?? 0) + 1, term: this.#place?.term ?? "" };
    return this.#judged("commit", before, async () => {
      await this.#store.commit(group);
      for (const space of group.spaces) this.#move(space, head.sequence);
      this.#place = head;
    });
  }

  #group(): CommitGroup {
    const name = this.#random.pick(["a", "b", "c"]);
    const known = this.#spaces.get(name);
    this.#drawn += 1;
    const at = this.#drawn;
    const creationId = known === undefined ? `${this.name}#${at}` : null;
    const firstVersion = (known?.head ?? 0) + 1;
    const removed = known !== undefined && this.#random.chance(0.2);
    const archived = removed && this.#random.chance(0.5);
    const lastVersion = removed ? firstVersion - 1 : firstVersion + this.#random.int(0, 2);
    const changes = { text: JSON.stringify([`${this.name} ${at}`]) };
    const space = { name, creationId, removed, archived, lineage: null, firstVersion, lastVersion, changes };
    return { at, ageAt: at, spaces: [space], history: [], answers: [] };
  }

  async #fold(): Promise<void> {
    if (this.#spaces.size === 0) return this.#store.beat();
    for (const [space, { creationId, head: version }] of this.#spaces) {
      const rows = { after: 0, records: [], tombstones: [], tombstoneFloor: 0, digest: null };
      await this.#store.fold({ space, creationId, version, ...rows });
    }
  }

  /** Who is rightful gets what it asks for, and nobody else does (rule A1). */
  async #judged(what: string, isRightful: boolean, call: () => Promise<unknown>): Promise<string> {
    const mayBeLost = this.#database.losesNextAnswer;
    const outcome = await outcomeOf(call);
    if (outcome !== "done") await this.#checkTermIsOver(what, outcome);
    if (outcome === "unknown" && mayBeLost) return `${what} unknown`;
    if ((outcome === "done") !== isRightful)
      this.#report("A1", `${what} of ${this.name}, ${isRightful ? "the writer" : "whose term is over"}, is ${outcome}`);
    return `${what} ${outcome}`;
  }

  /** Nothing is written in a term after a failure (rule A1). */
  async #checkTermIsOver(what: string, outcome: string): Promise<void> {
    this.#isWriter = false;
    const after = await outcomeOf(() => this.#store.beat());
    if (after !== "fenced")
      this.#report("A1", `after a ${what} of ${this.name} that was ${outcome} a beat is ${after}`);
  }
}

async function outcomeOf(call: () => Promise<unknown>): Promise<StoreOutcome | "done"> {
  try {
    await call();
    return "done";
  } catch (error) {
    if (error instanceof StoreFailure) return error.outcome;
    throw error;
  }
}
