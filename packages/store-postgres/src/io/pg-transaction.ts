/** A transaction on one connection ends with COMMIT, or leaves nothing behind. */

import type { SqlSession } from "../database.ts";
import type { PgConnection } from "./connection.ts";

/** COMMIT of a transaction that failed answers with ROLLBACK instead of an error. So it is never sent behind a failure. */
export async function transactionOn<Result>(
  connection: PgConnection,
  begin: string,
  work: (session: SqlSession) => Promise<Result>,
): Promise<Result> {
  await connection.run({ text: begin, values: [] });
  try {
    const result = await work(connection);
    await connection.run({ text: "COMMIT", values: [] });
    return result;
  } catch (error) {
    // A connection on which nothing can be rolled back is of no use any more, and the server rolls back at its end.
    if (!connection.isLost) await connection.run({ text: "ROLLBACK", values: [] }).catch(() => connection.end());
    throw error;
  }
}
