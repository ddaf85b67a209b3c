/** An alert is something that needs a person. It fires, is acknowledged by somebody, and is resolved. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";
import { atMost } from "../hosts/host.ts";
import { Id, Line, Name, Timestamp } from "../text.ts";
import { ALERT_KINDS, ALERT_SEVERITIES } from "./alert-rule.ts";

export const ALERT_STATUSES = ["firing", "acknowledged", "resolved"] as const;
export const ALERT_SUBJECTS = 10_000;

export const Alert = z.object({
  id: Id,
  /** It fired by this rule of the catalogue. */
  rule: Name,
  kind: z.enum(ALERT_KINDS),
  severity: z.enum(ALERT_SEVERITIES),
  title: Line,
  message: Line,
  status: z.enum(ALERT_STATUSES),
  firedAt: Timestamp,
  /**
   * It is still so of these, since then: of hosts, or of pipeline runs. What came true of many in one moment is one alert. It is
   * empty when the alert is resolved because all went well again.
   */
  subjects: z.record(Id, Timestamp).refine(atMost(ALERT_SUBJECTS), "at most 10,000 subjects"),
  /** It has been so of as many, those that are well again among them. */
  count: z.int().min(0),
  acknowledgedBy: Line.optional(),
  acknowledgedAt: Timestamp.optional(),
  resolvedAt: Timestamp.optional(),
});
export type Alert = ReadonlyJson<z.infer<typeof Alert>>;

/** Nobody is told of these hosts while it lasts. */
export const Silence = z.object({
  id: Id,
  /** The hosts that are meant, by their ids or tags. Without both all are. */
  hosts: z.array(Id).min(1).max(1_000).optional(),
  tags: z.array(Line).min(1).max(50).optional(),
  from: Timestamp,
  until: Timestamp,
  reason: Line,
  by: Line,
});
export type Silence = ReadonlyJson<z.infer<typeof Silence>>;
