/** The base keeper writes a base of the main space every so many changes, where changes are decided, and lets old ones go. */

import type { Runtime } from "../runtime/runtime.ts";
import type { Space } from "../space/space.ts";
import { type LogQuery, type LogRow, StoreFailure } from "../store/contract.ts";
import { type BaseFacts, basePieces } from "./base-texts.ts";
import type { KeptBases, Pause } from "./kept-bases.ts";
import type { MomentSettings } from "./moment-settings.ts";

export interface BaseKeeperParts {
  readonly bases: KeptBases;
  readonly settings: MomentSettings;
  readonly runtime: Pick<Runtime, "now" | "wallTime">;
  readonly pause: Pause;
  readonly space: () => Space;
  readonly epoch: () => string;
  readonly readLog: (query: LogQuery) => Promise<readonly LogRow[]>;
}

export class BaseKeeper {
  readonly #parts: BaseKeeperParts;
  /** The newest base shows this version. It is null while nobody knows. */
  #newest: number | null = null;
  #keptAt = 0;
  #working: Promise<void> | null = null;
  #stopped = false;
  #bases = 0;
  #chars = 0;
  #failures = 0;

  constructor(parts: BaseKeeperParts) {
    this.#parts = parts;
  }

  /** A term begins. */
  begin(): void {
    this.#stopped = false;
    this.#newest = null;
    this.#start(() => this.#seed());
  }

  /** The term is over. What was being written is not whole, and is not read. */
  end(): void {
    this.#stopped = true;
  }

  /** A group is committed. */
  committed(): void {
    if (this.#newest === null || this.#working !== null || this.#stopped || !this.#isDue(this.#newest)) return;
    const facts = this.#capture();
    this.#start(() => this.#keep(facts));
  }

  #isDue(newest: number): boolean {
    const { settings, runtime, space } = this.#parts;
    const changes = space().head - newest;
    return changes >= settings.baseChanges || (changes > 0 && runtime.now() - this.#keptAt >= settings.baseMs);
  }

  /** The records are those of this very moment: they are replaced from now on, and never altered. */
  #capture(): CapturedBase {
    const { runtime, space, epoch } = this.#parts;
    const captured = space();
    const { head: version, creationId } = captured;
    const facts = { version, creationId, epoch: epoch(), at: runtime.wallTime(), digest: captured.digest() };
    return { facts, records: captured.rows() };
  }

  #start(work: () => Promise<void>): void {
    const done = work()
      .catch((error: unknown) => {
        this.#failures += 1;
        this.#keptAt = this.#parts.runtime.now(); // It is tried again after as many changes, or as long.
        this.#newest = this.#parts.space().head;
        if (!(error instanceof StoreFailure) && !this.#stopped) throw error;
      })
      .finally(() => {
        this.#working = null;
      });
    this.#working = done;
  }

  /** It resolves when nothing is being written. */
  async idle(): Promise<void> {
    await this.#working?.catch(() => {});
  }

  /** The bases of other terms are found, and one is kept where there is none that this history can go on from. */
  async #seed(): Promise<void> {
    const { bases, space } = this.#parts;
    const head = space().head;
    const [newest] = await bases.versions(head);
    const facts = newest === undefined ? null : await bases.facts(newest);
    if (facts === null || !isOfHistory(facts, space())) return this.#keep(this.#capture());
    this.#newest = facts.version;
    this.#keptAt = this.#parts.runtime.now();
    await this.#trim();
  }

  async #keep({ facts, records }: CapturedBase): Promise<void> {
    const { bases, runtime, pause } = this.#parts;
    const going = function* (isStopped: () => boolean): Iterable<string> {
      for (const piece of basePieces(records)) {
        if (isStopped()) throw new StoreFailure("fenced", "the term is over");
        yield piece;
      }
    };
    await bases.write(
      facts,
      going(() => this.#stopped),
      pause,
    );
    this.#newest = facts.version;
    this.#keptAt = runtime.now();
    await this.#trim();
  }

  /** Bases go that are too many, too large together, or from which the log does not lead on any more. */
  async #trim(): Promise<void> {
    const { bases, settings, space, readLog } = this.#parts;
    const [oldest] = await readLog({ space: space().name, afterVersion: 0, limit: 1 });
    const logBegins = oldest === undefined ? space().head : oldest.firstVersion - 1;
    const versions = await bases.versions(Number.MAX_SAFE_INTEGER);
    let count = 0;
    let chars = 0;
    for (const version of versions) {
      const facts = await bases.facts(version);
      const isGood = facts !== null && isOfHistory(facts, space());
      if (!isGood) {
        await bases.drop(version);
        continue;
      }
      const isTooMuch = count > 0 && (count >= settings.bases || chars + facts.chars > settings.baseChars);
      if (isTooMuch || version < logBegins) {
        await bases.dropBelow(version + 1);
        break;
      }
      count += 1;
      chars += facts.chars;
    }
    this.#bases = count;
    this.#chars = chars;
  }

  metrics(): Record<string, number> {
    return { moment_bases: this.#bases, moment_base_chars: this.#chars, moment_base_failures_total: this.#failures };
  }
}

interface CapturedBase {
  readonly facts: Omit<BaseFacts, "pieces" | "chars">;
  readonly records: ReturnType<Space["rows"]>;
}

/** A store that lost its tail, or was restored, may hold a base of versions that were given out anew. */
export function isOfHistory(
  { version, epoch, creationId }: Omit<BaseFacts, "pieces" | "chars">,
  space: Space,
): boolean {
  const last = space.lineage.lastVersion(epoch, space.head);
  return creationId === space.creationId && last !== null && version <= last;
}
