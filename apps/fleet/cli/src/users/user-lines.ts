/** Users are printed as a table. */

import type { ShownUser } from "@neverstale/fleet-domain";
import { columnLines } from "../terminal/columns.ts";

export function userLines(users: readonly ShownUser[]): string[] {
  return columnLines(HEAD, users.map(rowOf));
}

const HEAD = ["USER", "ROLE", "STATUS", "SESSIONS", "LAST SEEN"];

function rowOf({ name, role, status, linkExpiresAt, sessions, lastSeenAt = "" }: ShownUser): string[] {
  const words = linkExpiresAt === undefined ? status.replace("_", " ") : `${status} until ${linkExpiresAt}`;
  return [name, role, words, String(sessions), lastSeenAt];
}
