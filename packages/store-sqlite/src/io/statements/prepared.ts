/** Prepared statements are kept by their text. */

import type { DatabaseSync, StatementSync } from "node:sqlite";

/**
 * A statement of a connection is prepared when it is first asked for. Parameters have no numbers: Node 22.18 takes `?1` for a name, and
 * refuses values that are given in their order.
 */
export class Prepared {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  get(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
