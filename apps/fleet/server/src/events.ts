import type { Event } from "@neverstale/fleet-domain";
import type { Work } from "./work.ts";

/** A text as it may be stored where a line is expected: 500 characters, none of them cut in half. */
export function line(text: string): string {
  return text.slice(0, 500).toWellFormed();
}

/** `1 host`, `3 hosts`. */
export function hostCount(number: number): string {
  return number === 1 ? "1 host" : `${number} hosts`;
}

/** Says in the state what happened, in the transaction in which it did. */
export function note(work: Work, event: Omit<Event, "id" | "at">): void {
  const id = work.at.newId();
  work.change("event", event.host ?? "", { ...event, message: line(event.message), id, at: work.at.iso });
}
