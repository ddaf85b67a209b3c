/** A model of what a page must show, found in a second, simpler way than the engine's: by the meaning of each mutation. */

import type { PendingMutation } from "@neverstale/client";
import type { JsonValue, StateRecord } from "@neverstale/protocol";
import { LIST_MEMBERS, type PageArgs } from "../../plan/pages/mutations.ts";
import { NO_RECORDS, type OracleState } from "../history.ts";

/** It returns the state with what these mutations do to it, one after the other. */
export function shownOver(truth: OracleState, pending: readonly PendingMutation[]): OracleState {
  if (pending.length === 0) return truth;
  const registers = new Map(truth.registers ?? NO_RECORDS);
  for (const { name, args, key } of pending) {
    const { intent, object } = args as PageArgs;
    const id = name === "note" ? `${key}.2` : object;
    const value = valueAfter(name, intent, registers.get(id));
    if (value !== null) registers.set(id, { id, value, key: intent, mark: `${key}.1` });
  }
  return { ...truth, registers };
}

/** It returns null where nothing happens. */
function valueAfter(name: string, intent: string, record: StateRecord | undefined): JsonValue | null {
  const before = record?.value ?? null;
  switch (name) {
    case "note":
      return 0;
    case "append":
      return [...((before ?? []) as string[]), intent].slice(-LIST_MEMBERS);
    case "count_down":
      return typeof before === "number" && before > 0 ? before - 1 : null;
    case "note_up":
      return before === null ? null : (before as number) + 1;
    default:
      return ((before ?? 0) as number) + 1;
  }
}
