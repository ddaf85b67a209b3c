import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";
import { OpOffer } from "../commands/op.ts";
import { Id, Line, Name, Timestamp } from "../text.ts";

/** `unknown` when nobody has looked, or the look failed: never `ok` when unverified. */
export const HostCheck = z.object({
  status: z.enum(["ok", "outdated", "error", "unknown"]),
  message: Line,
  checkedAt: Timestamp,
});
export type HostCheck = ReadonlyJson<z.infer<typeof HostCheck>>;

/** Of members. */
export const atMost = (count: number) => (record: object) => Object.keys(record).length <= count;

export const Checks = z.record(Name, HostCheck).refine(atMost(100), "at most 100 checks");
export const Tags = z.array(z.string().regex(/^[\w.:-]{1,64}$/)).max(50);
export const ThemeColor = z.string().regex(/^#[0-9a-f]{6}$/);

export const Host = z.object({
  id: Id,
  /** Given by an admin. */
  name: Line.optional(),
  /** What its agent calls the machine. It proves nothing: what a host is called here is said by `labelOf`. */
  hostname: Line,
  os: Line,
  arch: Line,
  agentVersion: Line,
  tags: Tags,
  location: Line.optional(),
  deviceType: Line.optional(),
  themeColor: ThemeColor.optional(),
  online: z.boolean(),
  /** The agent's clock is wrong: times that it told were put right. */
  clockSkewed: z.literal(true).optional(),
  /** Since when nothing was heard of it; absent while it is online, and before its first report. */
  offlineSince: Timestamp.optional(),
  checks: Checks,
  /** What its agent allows. */
  ops: z.array(OpOffer).max(200),
  /** The id of the command that runs there. */
  runningCommand: Id.optional(),
  enrolledAt: Timestamp,
});
export type Host = ReadonlyJson<z.infer<typeof Host>>;

const Percent = z.number().min(0).max(100);

/** What a heartbeat brings; absent where the machine doesn't say. */
export const HostReading = z.object({
  cpu: Percent.optional(),
  ram: Percent.optional(),
  swap: Percent.optional(),
  load1: z.number().min(0).optional(),
  disk: Percent.optional(),
  uptimeS: z.number().min(0).optional(),
});
export type HostReading = ReadonlyJson<z.infer<typeof HostReading>>;

/** The newest heartbeat of a host; `id` is the host's id. */
export const Metrics = HostReading.extend({ id: Id, lastSeenAt: Timestamp });
export type Metrics = ReadonlyJson<z.infer<typeof Metrics>>;
