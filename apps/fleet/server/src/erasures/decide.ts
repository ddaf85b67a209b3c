/** Records that a host or a person has left go from the live state by these decisions, a bounded part at a time. */

import {
  type Command,
  type Erasure,
  type ErasureRequest,
  type Event,
  outputSpace,
  type Pipeline,
} from "@neverstale/fleet-domain";
import { note } from "../fleet/note.ts";
import { RequestRefusal } from "../fleet/refusal.ts";
import type { Work } from "../fleet/work.ts";

/** So many may wait to be carried out (B146). */
export const MOST_ERASURES = 100;
const ERASED_AT_ONCE = 200;

/** The host or the person is removed first: what is there still would leave more. */
export function askForErasure(work: Work, request: ErasureRequest, by: string): string {
  const [kind, subject] = "host" in request ? (["host", request.host] as const) : (["user", request.user] as const);
  const isThere = kind === "host" ? work.fleet.hosts.has(subject) : work.accounts.users.has(subject);
  if (isThere)
    throw new RequestRefusal("bad_request", `${subject} is there still`, {
      hint: "Remove it first, and then ask again.",
    });
  if (work.accounts.erasures.size >= MOST_ERASURES)
    throw new RequestRefusal("too_many_requests", `${MOST_ERASURES} erasures wait already`, {
      retryAfterS: 60,
      hint: "Ask again when they are done.",
    });
  const id = work.at.newId();
  work.changeAccounts("erasure_asked", id, { id, kind, subject, by, askedAt: work.at.iso });
  const message = `${by} asked to erase what the ${kind} ${subject} has left`;
  note(work, { category: "audit", level: "warn", actor: by, action: "erasure_asked", message }, { targets: [subject] });
  return id;
}

/** A part of it was erased. `isOver` says that the live state holds no more of it. */
export interface ErasedPart {
  readonly records: number;
  readonly isOver: boolean;
}

/** Commands go with their output. What is not over yet waits until it is. */
export function eraseLive(work: Work, erasure: Erasure): ErasedPart {
  const { commands, events, pipelines } = work.fleet;
  const gone = {
    commands: [...commands.values()].filter((one) => isLeftBy(erasure, "commands", one)),
    events: [...events.values()].filter((one) => isLeftBy(erasure, "events", one)),
    pipelines: [...pipelines.values()].filter((one) => isLeftBy(erasure, "pipelines", one)),
  };
  const over = gone.commands.filter(({ retired }) => retired === true).slice(0, ERASED_AT_ONCE);
  for (const { id, host } of over) {
    eraseOutput(work, id);
    work.change("command_removed", host, { id });
  }
  for (const { id } of gone.events) work.change("event_removed", "", { id });
  const ended = gone.pipelines.filter(({ status }) => status !== "running");
  for (const { id } of ended) work.change("pipeline_removed", "", { id });
  const isOver = over.length === gone.commands.length && ended.length === gone.pipelines.length;
  return { records: over.length + gone.events.length + ended.length, isOver };
}

/** Output that can be followed still goes with its part of the history. */
export function eraseOutput(work: Work, commandId: string): void {
  if (work.output(commandId) !== null) work.transaction.removeSpace(outputSpace(commandId), { archive: false });
}

/** These collections hold what somebody leaves. */
export const ERASED_COLLECTIONS = ["commands", "events", "pipelines"] as const;
export type ErasedCollection = (typeof ERASED_COLLECTIONS)[number];

/** Whoever is called the same since has left it to nobody. */
export function isLeftBy(erasure: Erasure, collection: ErasedCollection, record: object): boolean {
  const { kind, subject, askedAt } = erasure;
  switch (collection) {
    case "commands": {
      const { host, requestedBy, createdAt } = record as Command;
      return createdAt <= askedAt && (kind === "host" ? host : requestedBy) === subject;
    }
    case "events": {
      const { host, actor, at } = record as Event;
      return at <= askedAt && (kind === "host" ? host === subject || actor === `agent:${subject}` : actor === subject);
    }
    case "pipelines": {
      const { requestedBy, createdAt } = record as Pipeline;
      return createdAt <= askedAt && kind === "user" && requestedBy === subject;
    }
  }
}

export function endErasure(work: Work, { id, kind, subject, by }: Erasure, records: number): void {
  if (!work.accounts.erasures.has(id)) return;
  work.changeAccounts("erasure_done", id, {});
  const message = `what the ${kind} ${subject} had left is erased: ${records} records of the past, besides the audit`;
  note(work, { category: "audit", level: "warn", actor: by, action: "erased", message }, { targets: [subject] });
}
