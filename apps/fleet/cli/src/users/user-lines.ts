/** Users are printed as a table. */

import type { ShownUser } from "@neverstale/fleet-domain";
import { columnLines } from "../terminal/columns.ts";

export function userLines(users: readonly ShownUser[]): string[] {
  return columnLines(HEAD, users.map(rowOf));
}

const HEAD = ["USER", "ROLE", "HOSTS", "STATUS", "SESSIONS", "LAST SEEN"];

function rowOf({ name, role, tags, status, linkExpiresAt, sessions, lastSeenAt = "" }: ShownUser): string[] {
  const words = linkExpiresAt === undefined ? status.replace("_", " ") : `${status} until ${linkExpiresAt}`;
  return [name, role, shownHostWords(tags), words, String(sessions), lastSeenAt];
}

/** It says which hosts somebody sees. */
export function shownHostWords(tags: readonly string[] | undefined): string {
  return tags === undefined ? "all" : `with ${tags.join(", ")}`;
}
