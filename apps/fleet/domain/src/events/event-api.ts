/** The query for past events, and its answer. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";
import { nextPage, PageQuery } from "../api.ts";
import { AuditEvent } from "./audit-space.ts";

/** `GET /api/event-log` lists events, newest first, also those that have left the live state. */
export const EventLogQuery = z.strictObject({
  ...PageQuery,
  category: z.literal("audit").describe("Who did what, and nothing else.").optional(),
});
export const EventLogAnswer = z.object({ events: z.array(AuditEvent), ...nextPage });
export type EventLogAnswer = ReadonlyJson<z.infer<typeof EventLogAnswer>>;
