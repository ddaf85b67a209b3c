/** Users are printed as a table. */

import type { ShownUser } from "@neverstale/fleet-domain";
import { oneLine } from "../terminal/plain-text.ts";

export function userLines(users: readonly ShownUser[]): string[] {
  const rows = [HEAD, ...users.map(rowOf)];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

const HEAD = ["USER", "ROLE", "STATUS", "SESSIONS", "LAST SEEN"];

function rowOf({ name, role, status, linkExpiresAt, sessions, lastSeenAt = "" }: ShownUser): string[] {
  const words = linkExpiresAt === undefined ? status.replace("_", " ") : `${status} until ${linkExpiresAt}`;
  return [name, role, words, String(sessions), lastSeenAt].map(oneLine);
}
