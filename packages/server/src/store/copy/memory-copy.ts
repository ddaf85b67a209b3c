/** A memory database is copied as the plain value that it is. */

import { SyncError } from "@neverstale/protocol";
import type { PlannedMove } from "../catalog.ts";
import type { ChainEntry, SpaceContents, StoredAnswer, StoredHistoryRow } from "../contract.ts";
import type { MemoryData, MemoryDatabase } from "../memory-database.ts";
import { chainEntries, type MemoryEntry } from "../memory-entries.ts";
import type { PointRow } from "../points/point-store.ts";
import { CopiedSpaces } from "./copied-spaces.ts";
import { emptySource, filledTarget, sizeOfAnswer, sizeOfEntry } from "./copy-rules.ts";
import { type Copyable, type CopyPage, inPages, type PutPage } from "./copyable.ts";
import { putSpaces } from "./put-spaces.ts";

export function memoryCopy(database: MemoryDatabase): Copyable {
  const name = "a memory database";
  return {
    name,
    copyOut: (put) => putData(name, database.dump(), put),
    copyIn: async (fill, check) => {
      const { epochs, spaces } = database.dump();
      if (epochs.length + spaces.length > 0) throw filledTarget(name);
      const filling = new MemoryFilling();
      await fill(async (page) => filling.add(page));
      const data = filling.data();
      await check((put) => putData(name, data, put));
      database.restore(data);
    },
  };
}

async function putData(name: string, data: MemoryData, put: PutPage): Promise<void> {
  const { epochs, head, takeover, chain, position = 0, answers, expired = [], history, points = [] } = data;
  if (head === null || takeover === null) throw emptySource(name);
  if (chain.length === 0)
    throw new SyncError("store_unavailable", `${name} keeps no log`, {
      hint: "Only a store with its log can be copied.",
    });
  const trimmed = head.sequence - chain.length;
  await put({ kind: "start", epochs, trimmed, takeover: takeover.sequence > trimmed ? null : takeover, position });
  for (const rows of inPages(chainEntries(chain, 0), sizeOfEntry)) await put({ kind: "entries", rows });
  await putSpaces(
    data.spaces.map(({ id: _, ...space }) => ({ ...space, log: [] })),
    put,
  );
  for (const rows of inPages(answers, sizeOfAnswer)) await put({ kind: "answers", rows });
  for (const rows of inPages(expired, () => 0))
    await put({ kind: "expired", rows: rows.map(([owner, madeAt]) => ({ owner, madeAt })) });
  for (const rows of inPages(history, ({ text }) => text.length)) await put({ kind: "history", rows });
  for (const rows of inPages(points, ({ text }) => text.length)) await put({ kind: "points", rows });
}

/** It gathers the pages of a copy. */
class MemoryFilling {
  readonly #ids = new CopiedSpaces();
  readonly #chain: MemoryEntry[] = [];
  readonly #spaces = new Map<string, MemoryData["spaces"][number] & Gathered>();
  readonly #answers: StoredAnswer[] = [];
  readonly #expired: (readonly [owner: string | null, madeAt: number])[] = [];
  readonly #history: StoredHistoryRow[] = [];
  readonly #points: PointRow[] = [];
  #start: Extract<CopyPage, { readonly kind: "start" }> | null = null;

  add(page: CopyPage): void {
    switch (page.kind) {
      case "start":
        this.#start = page;
        break;
      case "entries":
        this.#chain.push(...page.rows.map((entry) => this.#entry(entry)));
        break;
      case "space":
        this.#spaces.set(page.space.name, {
          ...page.space,
          id: this.#ids.numberOf(page.space.name),
          records: [],
          tombstones: [],
        });
        break;
      case "records":
        this.#spaces.get(page.space)?.records.push(...page.rows);
        break;
      case "tombstones":
        this.#spaces.get(page.space)?.tombstones.push(...page.rows);
        break;
      case "answers":
        this.#answers.push(...page.rows);
        break;
      case "expired":
        this.#expired.push(...page.rows.map(({ owner, madeAt }) => [owner, madeAt] as const));
        break;
      case "history":
        this.#history.push(...page.rows);
        break;
      case "points":
        this.#points.push(...page.rows);
        break;
    }
  }

  #entry(entry: ChainEntry): MemoryEntry {
    if (entry.type === "takeover") return entry;
    const { spaces, ...facts } = entry;
    const moves = spaces.map(({ changes, ...move }): PlannedMove => {
      return { spaceId: this.#ids.move(move), move, changes: changes === null ? null : { text: changes } };
    });
    return { ...facts, moves };
  }

  data(): MemoryData {
    const newest = this.#chain.at(-1);
    const start = this.#start;
    if (start === null || newest === undefined) throw new Error("a copy begins with its start, and has an entry");
    const { sequence, term, ageAt } = newest;
    const takeover = this.#chain.findLast((entry) => entry.type === "takeover") ?? start.takeover;
    return {
      epochs: start.epochs,
      spaces: [...this.#spaces.values()],
      head: { sequence, term },
      takeover,
      chain: this.#chain,
      ageAt,
      beat: 0,
      history: this.#history,
      position: start.position,
      answers: this.#answers,
      expired: this.#expired,
      points: this.#points,
    };
  }
}

interface Gathered {
  readonly records: SpaceContents["records"][number][];
  readonly tombstones: SpaceContents["tombstones"][number][];
}
