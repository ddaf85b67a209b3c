/** The SQLSTATEs say what is known of a statement that failed (https://www.postgresql.org/docs/current/errcodes-appendix.html). */

/**
 * An error rolls its transaction back. Only those count as `nothing_moved` of which it is certain: the server said ERROR, and the
 * class of the state says that it was found while the statement ran. Everything else that a server or a broken connection says
 * leaves open whether COMMIT was carried out.
 */
export function stateOutcome(state: string | null, severity: string | null): "nothing_moved" | "unknown" {
  if (state === null || severity !== "ERROR") return "unknown";
  return CERTAIN.has(state) || CERTAIN.has(state.slice(0, 2)) ? "nothing_moved" : "unknown";
}

/** A session that may only read was told so at its begin, and is not told when the database may be written again. A new one is. */
export function saysOfTheSession(state: string | null): boolean {
  return state === "25006";
}

/** Two characters are a class of states. 40003 is not among them: with it the server itself does not know. */
const CERTAIN: ReadonlySet<string> = new Set([
  "0A", // something that the server can't do
  "22", // a value that it can't take
  "23", // a row that is there already
  "25", // a transaction that may only read, as on a standby
  "40001", // a serialization failure
  "40P01", // a deadlock
  "42", // no such table, no right
  "53", // no space on the disk, no memory
  "54", // a limit of the server
  "55", // an object that is in use
  "57014", // a statement that was cancelled before it ended
]);
