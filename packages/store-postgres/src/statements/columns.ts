/** The columns that commits and copies write alike are listed here, each with where it comes from. */

import { charsOf, type HistoryRow, type LineageRow, type SpaceMove, type StoredAnswer } from "@neverstale/server/store";
import type { UnnestColumn } from "./parameters.ts";

export type Columns<Row> = Readonly<Record<string, UnnestColumn<Row>>>;

/** It returns the columns for rows that hold what the columns are for. */
export function within<Row, Part>(columns: Columns<Part>, part: (row: Row) => Part): Columns<Row> {
  return Object.fromEntries(
    Object.entries(columns).map(([name, { type, of }]) => [name, { type, of: (row: Row) => of(part(row)) }]),
  );
}

/** These are for the move of one space in an entry, without its changes. */
export const MOVE_COLUMNS: Columns<Omit<SpaceMove, "changes">> = {
  name: { type: "text", of: ({ name }) => name },
  creation_id: { type: "text", of: ({ creationId }) => creationId },
  removed: { type: "boolean", of: ({ removed }) => removed },
  archived: { type: "boolean", of: ({ archived }) => archived },
  lineage_epoch: { type: "text", of: ({ lineage }) => lineage?.epoch ?? null },
  first_version: { type: "bigint", of: ({ firstVersion }) => firstVersion },
  last_version: { type: "bigint", of: ({ lastVersion }) => lastVersion },
};

export const LINEAGE_COLUMNS: Columns<LineageRow> = {
  first_version: { type: "bigint", of: ({ firstVersion }) => firstVersion },
  epoch: { type: "text", of: ({ epoch }) => epoch },
};

export const HISTORY_COLUMNS: Columns<HistoryRow> = {
  space: { type: "text", of: ({ space }) => space },
  creation_id: { type: "text", of: ({ creationId }) => creationId },
  collection: { type: "text", of: ({ collection }) => collection },
  id: { type: "text", of: ({ id }) => id },
  version: { type: "bigint", of: ({ version }) => version },
  at: { type: "double precision", of: ({ at }) => at },
  text: { type: "text", of: ({ text }) => text },
  chars: { type: "integer", of: ({ text }) => text.length },
};

export const ANSWER_COLUMNS: Columns<StoredAnswer> = {
  key: { type: "text", of: ({ key }) => key },
  owner: { type: "text", of: ({ owner }) => owner },
  made_at: { type: "double precision", of: ({ madeAt }) => madeAt },
  body_hash: { type: "text", of: ({ bodyHash }) => bodyHash },
  at: { type: "double precision", of: ({ at }) => at },
  version: { type: "bigint", of: ({ version }) => version },
  answer: { type: "text", of: ({ answer }) => answer },
  chars: { type: "integer", of: charsOf },
};
