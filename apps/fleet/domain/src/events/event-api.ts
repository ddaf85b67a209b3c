/** The query for past events, and its answer. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";
import { nextPage, PageQuery, TimeQuery } from "../api.ts";
import { Tag } from "../hosts/host.ts";
import { Id, Line } from "../text.ts";
import { AuditEvent } from "./audit-space.ts";
import { Event } from "./event.ts";

/** `GET /api/event-log` lists events, newest first, also those that have left the live state. */
export const EventLogQuery = z.strictObject({
  ...PageQuery,
  category: Event.shape.category.describe("With audit: who did what, and nothing else.").optional(),
  ...TimeQuery,
  host: Id.describe("The id or the name of a host.").optional(),
  tag: Tag.describe("A host of the event has this tag now.").optional(),
  words: z.string().max(200).describe("Each of these words stands in what is told of the event.").optional(),
  actor: Line.optional(),
  action: Line.optional(),
  level: Event.shape.level.optional(),
});
export const EventLogAnswer = z.object({ events: z.array(AuditEvent), ...nextPage });
export type EventLogAnswer = ReadonlyJson<z.infer<typeof EventLogAnswer>>;
