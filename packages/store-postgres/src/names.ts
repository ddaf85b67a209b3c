/** The names are those of the tables, each with its schema: no statement relies on a search path, which is state of a session. */

const TABLES = [
  "schema_version",
  "chain",
  "moves",
  "spaces",
  "ended",
  "epochs",
  "lineage",
  "records",
  "answers",
  "expired",
  "history",
  "kept",
  "beat",
  "nodes",
  "points",
] as const;

export type Names = Readonly<Record<(typeof TABLES)[number], string>>;

/** It throws a plain error for a schema that would have to be quoted. */
export function namesIn(schema: string): Names {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema))
    throw new Error(
      `\`schema\` is a name of small letters, digits and _, not ${JSON.stringify(String(schema).slice(0, 100))}`,
    );
  const entries = TABLES.map((table) => [table, `"${schema}"."${table}"`] as const);
  return Object.fromEntries(entries) as Names;
}
