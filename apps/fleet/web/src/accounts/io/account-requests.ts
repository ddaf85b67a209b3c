/** A user who is signed in leaves, or sets a password. */

import { problemOf } from "@neverstale/client";
import type { FleetReplica } from "../../state/replica-hooks.ts";
import type { Visitor } from "../visitor.ts";

/** It stops following first, so that nobody takes the end of the connection for a session that ran out. */
export async function signOut(replica: FleetReplica, visitor: Visitor): Promise<void> {
  replica.stop();
  try {
    await visitor.sessions.signOut();
  } catch (error) {
    if (problemOf(error) !== null) return replica.start(); // The session is still there, and the page says so by going on.
    replica.signOut();
    return visitor.leftAway();
  }
  replica.signOut();
  visitor.left();
}

/** `current` is empty while there is no password. */
export async function setPassword(visitor: Visitor, current: string, password: string): Promise<void> {
  await visitor.sessions.setPassword(current === "" ? { password } : { current, password });
}
