/** An alert rule says when something needs a person. It is part of the catalogue. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";
import { Line, Name } from "../text.ts";

/** A reading of a host is compared with a bound. */
export const ALERT_METRICS = ["cpu", "ram", "swap", "disk", "load1"] as const;
export const ALERT_SEVERITIES = ["warn", "critical"] as const;
export const ALERT_KINDS = [
  "host_offline",
  "metric",
  "check",
  "command_failed",
  "pipeline_failed",
  "sign_ins_failed",
  "host_cloned",
  "backup_failed",
] as const;

/** So many sign-ins that failed are counted, and for so long. */
export const MOST_COUNTED_SIGN_INS = 999;
export const SIGN_INS_KEPT_MS = 24 * 3_600_000;

export const AlertRule = z.object({
  /** It is the name of the rule. */
  id: Name,
  kind: z.enum(ALERT_KINDS),
  title: Line.optional(),
  severity: z.enum(ALERT_SEVERITIES),
  /** It has to be so for as many ms without a break. */
  forMs: z.int().min(0),
  /** Only hosts with one of these tags are meant. Without it all are. */
  tags: z.array(Line).min(1).max(50).optional(),
  /** Only these checks, or these ops or pipelines, are meant. Without it all are. */
  names: z.array(Name).min(1).max(50).optional(),
  metric: z.enum(ALERT_METRICS).optional(),
  above: z.number().optional(),
  /** More sign-ins than these have failed within the last so many ms. */
  moreThan: z.int().min(0).max(MOST_COUNTED_SIGN_INS).optional(),
  withinMs: z.int().min(1).max(SIGN_INS_KEPT_MS).optional(),
});
export type AlertRule = ReadonlyJson<z.infer<typeof AlertRule>>;
