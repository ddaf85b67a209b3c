/** The bodies of requests about alerts and silences, and of their answers. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";
import { nextPage, PageQuery, Reached, TimeQuery } from "../api.ts";
import { Id, Name, Timestamp } from "../text.ts";
import { ALERT_STATUSES, Alert, Silence } from "./alert.ts";
import { ALERT_SEVERITIES } from "./alert-rule.ts";

/** `POST /api/silences` begins a silence, now unless `from` says when. */
export const SilenceRequest = Silence.omit({ id: true, by: true }).extend({ from: Timestamp.optional() }).strict();
export type SilenceRequest = ReadonlyJson<z.infer<typeof SilenceRequest>>;

export const SilenceAnswer = z.object({ silenceId: Id, ...Reached });

/** `GET /api/alert-log` lists alerts, newest first, also those that have left the live state. */
export const AlertLogQuery = z.strictObject({
  ...PageQuery,
  ...TimeQuery,
  rule: Name.optional(),
  status: z.enum(ALERT_STATUSES).optional(),
  severity: z.enum(ALERT_SEVERITIES).optional(),
});
export const AlertLogAnswer = z.object({ alerts: z.array(Alert), ...nextPage });
export type AlertLogAnswer = ReadonlyJson<z.infer<typeof AlertLogAnswer>>;
