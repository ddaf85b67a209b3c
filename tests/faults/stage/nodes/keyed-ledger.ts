/** The keyed ledger has writers that repeat each change under its key until it is answered, and notes what was acknowledged, and when. */

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { keyWithTime } from "@neverstale/protocol";
import { until } from "../../../engine/authority-process.ts";
import { pause } from "../fault.ts";
import type { History } from "./history.ts";
import type { NodeOnStage } from "./node-on-stage.ts";

export interface Acknowledged {
  readonly n: number;
  readonly epoch: string;
  readonly version: number;
  /** By the monotonic clock of this process. */
  readonly at: number;
}

interface Asked {
  readonly key: string;
  readonly change: object;
}

export class KeyedLedger {
  /** In the order in which they were acknowledged. */
  readonly #entries: Acknowledged[] = [];
  /** How often a node refused, by the code of its error, and how often none answered. */
  readonly refusals = new Map<string, number>();
  /** Nobody has answered these, so they may be there or not. */
  unknown = 0;
  /** A change was refused with these last. */
  lastRefusal = "";
  lastHint = "";
  /** Each change has so many characters more than it needs. */
  noteChars = 0;
  /** For so long nothing was acknowledged while writers wrote. */
  longestGapMs = 0;
  readonly #bodies = new Map<number, Asked>();
  #lastAt = 0;
  #made = 0;
  #isEnding = false;
  #writers: Promise<void>[] = [];

  get acknowledged(): number {
    return this.#entries.length;
  }

  get entries(): readonly Acknowledged[] {
    return this.#entries;
  }

  /** Lets writers write. Each goes to the next one of the nodes when it is refused, and now and then. */
  begin(nodes: () => readonly NodeOnStage[], writers = 4): void {
    this.#isEnding = false;
    this.forgetGaps();
    this.#writers = Array.from({ length: writers }, (_, index) => this.#write(nodes, index));
  }

  forgetGaps(): void {
    this.longestGapMs = 0;
    this.#lastAt = performance.now();
  }

  /** The writers end with the change that they have in hand, answered or not. */
  async end(): Promise<void> {
    this.#isEnding = true;
    await Promise.all(this.#writers);
    this.#writers = [];
  }

  /** Waits until so many more are acknowledged. */
  async more(count: number): Promise<void> {
    const goal = this.acknowledged + count;
    await until(`${count} more changes are acknowledged`, () => this.acknowledged >= goal);
  }

  async #write(nodes: () => readonly NodeOnStage[], first: number): Promise<void> {
    for (let place = first, stay = 0; !this.#isEnding; stay += 1) {
      this.#made += 1;
      const n = this.#made;
      const node = () => nodes()[place % nodes().length] as NodeOnStage;
      if (stay % STAY === 0) place += 1;
      while (!(await this.apply(node(), n))) {
        if (this.#isEnding) {
          this.unknown += 1;
          return;
        }
        place += 1;
        await pause(PAUSE_MS);
      }
      await pause(PAUSE_MS);
    }
  }

  /** Makes the change with this number, or repeats it. Returns false when it was not acknowledged. */
  async apply(node: NodeOnStage, n: number): Promise<boolean> {
    const { key, change } = this.#asked(n);
    try {
      const { isAcknowledged, epoch, version, code, hint } = await node.apply(key, change);
      if (isAcknowledged) {
        this.#bodies.delete(n);
        this.note({ n, epoch, version, at: performance.now() });
      } else this.#refused(code, hint);
      return isAcknowledged;
    } catch {
      this.#refused("no answer", "");
      return false;
    }
  }

  /** A repeat is the same request. */
  #asked(n: number): Asked {
    // No database makes it smaller.
    const data = { n, note: randomBytes(this.noteChars).toString("base64").slice(0, this.noteChars) };
    const asked = this.#bodies.get(n) ?? {
      key: keyWithTime(`key-${n}`, Date.now()),
      change: { type: "host_added", target: idOf(n), data },
    };
    this.#bodies.set(n, asked);
    return asked;
  }

  #refused(code: string, hint: string): void {
    this.lastRefusal = code;
    this.lastHint = hint;
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
  }

  note(entry: Acknowledged): void {
    this.#entries.push(entry);
    this.longestGapMs = Math.max(this.longestGapMs, entry.at - this.#lastAt);
    this.#lastAt = entry.at;
  }

  get newestVersion(): number {
    return this.#entries.reduce((newest, { version }) => Math.max(newest, version), 0);
  }

  /**
   * Returns how many acknowledged changes the history holds as they were. It throws when one is missing that the database has not
   * lost. A database that was promoted without its tail has lost all beyond `lostFrom` that was acknowledged in another history.
   */
  recovered(history: History, lostFrom: number | null): number {
    const isLost = ({ epoch, version }: Acknowledged) =>
      lostFrom !== null && version > lostFrom && !history.holds(epoch, version);
    const kept = this.#entries.filter((entry) => !isLost(entry));
    const missing = kept.filter(({ n }) => history.hosts.get(idOf(n))?.n !== n);
    assert.deepEqual(missing, [], `${missing.length} acknowledged changes are lost`);
    assert.equal(new Set(kept.map(({ version }) => version)).size, kept.length, "a version was given to two changes");
    return kept.length;
  }
}

function idOf(n: number): string {
  return `h${n}`;
}

/** A writer goes to another node after so many changes. */
const STAY = 10;
/** The writers leave the processor to the nodes for so long. */
const PAUSE_MS = 5;
