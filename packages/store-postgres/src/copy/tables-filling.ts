/** A filling writes the pages of a copy into empty tables, inside one transaction. */

import {
  type ChainEntry,
  CopiedSpaces,
  type CopyPage,
  type CopyStart,
  type TakeoverEntry,
} from "@neverstale/server/store";
import type { SqlSession, SqlStatement } from "../database.ts";
import type { Names } from "../names.ts";
import {
  insertAnswers,
  insertEntries,
  insertEpochs,
  insertExpired,
  insertHistory,
  insertLineage,
  insertMoves,
  insertPoints,
  insertSpace,
  numberEpochs,
  setNextSpace,
  setStart,
} from "../statements/copy.ts";
import { foldRows } from "../statements/fold.ts";
import { requireStorable } from "../texts.ts";

export class TablesFilling {
  readonly #session: SqlSession;
  readonly #names: Names;
  readonly #ids = new CopiedSpaces();
  readonly #totals = { changes: 0, chars: 0 };
  #position = 0;
  #answers = 0;

  constructor(session: SqlSession, names: Names) {
    this.#session = session;
    this.#names = names;
  }

  async add(page: CopyPage): Promise<void> {
    for (const statement of this.#statements(page)) {
      for (const value of statement.values.flat()) if (typeof value === "string") requireStorable(value);
      await this.#session.run(statement);
    }
  }

  async end(): Promise<void> {
    await this.#session.run(setNextSpace(this.#names, this.#ids.next));
  }

  #statements(page: CopyPage): readonly SqlStatement<never>[] {
    const names = this.#names;
    switch (page.kind) {
      case "start":
        return this.#start(page);
      case "entries":
        return this.#entries(page.rows);
      case "space": {
        const id = this.#ids.numberOf(page.space.name);
        return [insertSpace(names, id, page.space), insertLineage(names, id, page.space.lineage)];
      }
      case "records":
        return [foldRows(names, this.#ids.numberOf(page.space), page.rows)];
      case "tombstones": {
        const rows = page.rows.map((row) => ({ ...row, text: null }));
        return [foldRows(names, this.#ids.numberOf(page.space), rows)];
      }
      case "answers":
        this.#answers += page.rows.length;
        return [insertAnswers(names, page.rows, this.#answers - page.rows.length)];
      case "expired":
        return [insertExpired(names, page.rows)];
      case "history":
        return [insertHistory(names, page.rows)];
      case "points":
        return [insertPoints(names, page.rows)];
    }
  }

  #start(start: CopyStart): SqlStatement<never>[] {
    this.#position = start.position;
    const before = start.takeover === null ? [] : this.#entries([start.takeover]);
    return [insertEpochs(this.#names, start), setStart(this.#names, start), ...before];
  }

  #entries(entries: readonly ChainEntry[]): SqlStatement<never>[] {
    const takeovers = entries.filter((entry): entry is TakeoverEntry => entry.type === "takeover");
    return [
      insertEntries(this.#names, entries, this.#totals, this.#position),
      insertMoves(this.#names, entries, this.#ids),
      numberEpochs(this.#names, takeovers),
    ];
  }
}
