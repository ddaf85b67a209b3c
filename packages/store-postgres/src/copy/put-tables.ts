/** The tables are put into a copy page by page, as they are at one moment. */

import { emptySource, type PointRow, type PutPage, putSpaces } from "@neverstale/server/store";
import type { SqlSession } from "../database.ts";
import type { Names } from "../names.ts";
import { readContents } from "../reading.ts";
import { chainPageStatement, entriesOf } from "../statements/chain.ts";
import {
  type AnswerPageRow,
  answersPage,
  endNumbers,
  expiredRows,
  historyPage,
  pointsPage,
} from "../statements/copy.ts";
import { historyRowOf, storedAnswer } from "../statements/queries.ts";

const PAGE_ENTRIES = 1_000;

/** The session is inside a transaction that sees one moment. */
export async function putTables(
  session: SqlSession,
  names: Names,
  { name, readRows }: { readonly name: string; readonly readRows: number },
  put: PutPage,
): Promise<void> {
  const { epochs, spaces, head, takeover } = await readContents(session, names, readRows);
  const [end] = (await session.run(endNumbers(names))).rows;
  if (head === null || takeover === null || end === undefined) throw emptySource(name);
  const lone = takeover.sequence > end.start ? null : takeover;
  await put({ kind: "start", epochs, trimmed: end.start, takeover: lone, position: end.position });
  for (let after = end.start; after < head.sequence; ) {
    const { rows } = await session.run(chainPageStatement(names, { afterSequence: after, limit: PAGE_ENTRIES }));
    const entries = entriesOf(rows);
    await put({ kind: "entries", rows: entries });
    after = entries.at(-1)?.sequence ?? head.sequence;
  }
  await putSpaces(spaces, put);
  await putAnswers(session, names, put);
  const expired = (await session.run(expiredRows(names))).rows.map(({ owner, made_at }) => ({
    owner,
    madeAt: made_at,
  }));
  if (expired.length > 0) await put({ kind: "expired", rows: expired });
  await putHistory(session, names, put);
  await putPoints(session, names, put);
}

async function putAnswers(session: SqlSession, names: Names, put: PutPage): Promise<void> {
  let last: AnswerPageRow | null = null;
  do {
    const { rows }: { readonly rows: readonly AnswerPageRow[] } = await session.run(answersPage(names, last));
    if (rows.length > 0) await put({ kind: "answers", rows: rows.map(storedAnswer) });
    last = rows.at(-1) ?? null;
  } while (last !== null);
}

async function putHistory(session: SqlSession, names: Names, put: PutPage): Promise<void> {
  for (let after = 0; ; ) {
    const { rows } = await session.run(historyPage(names, after));
    const last = rows.at(-1);
    if (last === undefined) return;
    await put({ kind: "history", rows: rows.map(historyRowOf) });
    after = last.position;
  }
}

async function putPoints(session: SqlSession, names: Names, put: PutPage): Promise<void> {
  let last: PointRow | null = null;
  do {
    const { rows }: { readonly rows: readonly PointRow[] } = await session.run(pointsPage(names, last));
    if (rows.length > 0)
      await put({ kind: "points", rows: rows.map(({ step, at, series, text }) => ({ step, at, series, text })) });
    last = rows.at(-1) ?? null;
  } while (last !== null);
}
