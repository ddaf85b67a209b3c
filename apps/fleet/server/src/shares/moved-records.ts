/** A transaction notes which of the records it moves are shared, so that their shares move in the same transaction. */

import type { Event } from "@neverstale/fleet-domain";
import type { Transaction } from "@neverstale/server";

export interface MovedShares {
  readonly pipelines: Set<string>;
  readonly alerts: Set<string>;
  /** Their tags are others, or they are gone. */
  readonly hosts: Set<string>;
  readonly events: SharedEvent[];
  /** Other tags may limit users or API tokens. */
  grants: boolean;
}

/** An event that is of several hosts can be told of some of them. */
export interface SharedEvent {
  readonly event: Event;
  readonly hosts: readonly string[];
  readonly tell: (hosts: readonly string[]) => string;
}

/** A mutation that is decided in the same transaction has a `Work` of its own. */
const MOVED = new WeakMap<Transaction, MovedShares>();

export function movedIn(transaction: Transaction): MovedShares {
  const known = MOVED.get(transaction);
  if (known !== undefined) return known;
  const moved = {
    pipelines: new Set<string>(),
    alerts: new Set<string>(),
    hosts: new Set<string>(),
    events: [],
    grants: false,
  };
  MOVED.set(transaction, moved);
  return moved;
}

/** It returns null where nothing has moved that is shared. */
export function takeMoved(transaction: Transaction): MovedShares | null {
  const moved = MOVED.get(transaction) ?? null;
  MOVED.delete(transaction);
  return moved;
}

/** `target` is the host of a change of hosts. */
export function noteMove(
  transaction: Transaction,
  type: string,
  target: string,
  data: { readonly [name: string]: unknown },
): void {
  const kind = KINDS.get(type);
  if (kind === undefined) return;
  if (kind === "pipelines" || kind === "alerts") movedIn(transaction)[kind].add(String(data["id"]));
  if (kind === "gone") movedIn(transaction); // Its shares go with it.
  if (kind === "removed" || (kind === "hosts" && data["tags"] !== undefined)) movedIn(transaction).hosts.add(target);
  if (kind === "grants" || (kind === "user" && data["tags"] !== undefined)) movedIn(transaction).grants = true;
}

const KINDS: ReadonlyMap<string, "pipelines" | "alerts" | "hosts" | "removed" | "grants" | "user" | "gone"> = new Map([
  ["pipeline_started", "pipelines"],
  ["pipeline_progress", "pipelines"],
  ["pipeline_finished", "pipelines"],
  ["pipeline_removed", "pipelines"],
  ["event_removed", "gone"],
  ["alert_fired", "alerts"],
  ["alert_changed", "alerts"],
  ["host_updated", "hosts"],
  ["host_removed", "removed"],
  ["user_added", "user"],
  ["user_updated", "user"],
  ["user_removed", "grants"],
  ["api_token_made", "grants"],
  ["api_token_revoked", "grants"],
] as const);
