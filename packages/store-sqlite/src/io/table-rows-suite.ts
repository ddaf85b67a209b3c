/** The tests count the rows of a table here, beside a store that may be open on it. */

import { DatabaseSync } from "node:sqlite";

export function rowsIn(path: string, table: string): unknown {
  const db = new DatabaseSync(path, { readOnly: true });
  const row = db.prepare(`SELECT count(*) AS count FROM ${table}`).get();
  db.close();
  return row?.count;
}
