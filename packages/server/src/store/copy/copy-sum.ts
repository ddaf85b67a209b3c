/** The copy sum is what a copy consists of: how many rows of each kind there are, and their digests. */

import { addHash, formatDigest, type JsonValue, type RecordHash, recordHash, ZERO_HASH } from "@neverstale/protocol";
import type { ChainEntry, TakeoverEntry } from "../contract.ts";
import type { CopyPage } from "./copyable.ts";

export class CopySum {
  readonly #parts = new Map<string, Part>();
  readonly #counts = {
    spaces: 0,
    records: 0,
    tombstones: 0,
    entries: 0,
    answers: 0,
    expired: 0,
    history: 0,
    points: 0,
  };

  get counts(): CopyCounts {
    return { ...this.#counts };
  }

  add(page: CopyPage): void {
    if (page.kind === "space") this.#counts.spaces += 1;
    else if (page.kind !== "start") this.#counts[page.kind] += page.rows.length;
    const name = "space" in page ? `${page.kind} of "${nameOf(page.space)}"` : page.kind;
    const part = this.#parts.get(name) ?? { rows: 0, sum: ZERO_HASH };
    this.#parts.set(name, part);
    for (const row of rowsOf(page)) {
      // Answers have no number of their own: their order is when they were given.
      const place = page.kind === "answers" ? part.rows : 0;
      part.sum = addHash(part.sum, recordHash(page.kind, String(place), { id: "", row }));
      part.rows += 1;
    }
  }

  /** It returns what is not the same in the other one, in words. Nothing is returned when they are the same. */
  differences(other: CopySum): string[] {
    const names = new Set([...this.#parts.keys(), ...other.#parts.keys()]);
    return [...names]
      .filter((name) => this.#describe(name) !== other.#describe(name))
      .map((name) => `${name}: ${this.#describe(name)}, and ${other.#describe(name)}`);
  }

  #describe(name: string): string {
    const { rows, sum } = this.#parts.get(name) ?? { rows: 0, sum: ZERO_HASH };
    return `${rows} with the digest ${formatDigest(sum)}`;
  }
}

interface Part {
  rows: number;
  sum: RecordHash;
}

/** There are so many rows. `expired` counts the owners of keys whose answers are gone. */
export interface CopyCounts {
  readonly spaces: number;
  readonly records: number;
  readonly tombstones: number;
  readonly entries: number;
  readonly answers: number;
  readonly expired: number;
  readonly history: number;
  /** They are rows of points, not points. */
  readonly points: number;
}

function nameOf(space: string | { readonly name: string }): string {
  return typeof space === "string" ? space : space.name;
}

function rowsOf(page: CopyPage): readonly JsonValue[] {
  switch (page.kind) {
    case "start":
      return [
        [[...page.epochs], page.trimmed, page.takeover === null ? null : takeoverRow(page.takeover), page.position],
      ];
    case "entries":
      return page.rows.map(entryRow);
    case "space": {
      const { name, creationId, foldedVersion, tombstoneFloor, lineage, digest } = page.space;
      const runs = lineage.map(({ epoch, firstVersion }) => [epoch, firstVersion]);
      return [[name, creationId, foldedVersion, tombstoneFloor, runs, digest?.digest ?? null]];
    }
    case "records":
      return page.rows.map(({ collection, id, version, text }) => [collection, id, version, text]);
    case "tombstones":
      return page.rows.map(({ collection, id, version }) => [collection, id, version]);
    case "answers":
      return page.rows.map(({ key, owner, madeAt, bodyHash, at, version, answer }) => {
        return [key, owner, madeAt, bodyHash, at, version, answer];
      });
    case "expired":
      return page.rows.map(({ owner, madeAt }) => [owner, madeAt]);
    case "history":
      return page.rows.map(({ position, space, creationId, collection, id, version, at, text }) => {
        return [position, space, creationId, collection, id, version, at, text];
      });
    case "points":
      return page.rows.map(({ step, at, series, text }) => [step, at, series, text]);
  }
}

function entryRow(entry: ChainEntry): JsonValue {
  if (entry.type === "takeover") return takeoverRow(entry);
  const { sequence, term, termBefore, at, ageAt, spaces } = entry;
  const moves = spaces.map(({ name, creationId, removed, archived, lineage, firstVersion, lastVersion, changes }) => {
    return [name, creationId, removed, archived, lineage?.epoch ?? null, firstVersion, lastVersion, changes];
  });
  return [sequence, term, termBefore, at, ageAt, moves];
}

function takeoverRow({ sequence, term, termBefore, at, ageAt, address, model }: TakeoverEntry): JsonValue {
  return [sequence, term, termBefore, at, ageAt, address, model];
}
