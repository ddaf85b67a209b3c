/** A host's record says what its machine is and what its agent allows; its metrics say how busy it is. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";
import { OpOffer } from "../commands/op.ts";
import { Id, Line, Name, Notes, Timestamp } from "../text.ts";

/** The status is `unknown` when nobody has looked, or when the look failed. It is never `ok` unverified. */
export const HostCheck = z.object({
  status: z.enum(["ok", "outdated", "error", "unknown"]),
  message: Line,
  checkedAt: Timestamp,
  /** The agent makes it again so often. It is absent where the agent looks by itself, as at its own file. */
  everyMs: z.int().min(1_000).max(86_400_000).optional(),
});
export type HostCheck = ReadonlyJson<z.infer<typeof HostCheck>>;

/** It bounds the number of a record's members. */
export const atMost = (count: number) => (record: object) => Object.keys(record).length <= count;

export const Checks = z.record(Name, HostCheck).refine(atMost(100), "at most 100 checks");
export const Tag = z.string().regex(/^[\w.:-]{1,64}$/);
export const Tags = z.array(Tag).max(50);
export const ThemeColor = z.string().regex(/^#[0-9a-f]{6}$/);

/** No clock is told of as further off than a thousand years. */
export const MOST_CLOCK_OFFSET_MS = 1_000 * 366 * 86_400_000;

export const ClockOffset = z.object({
  /** It is above 0 where the agent's clock is ahead. */
  ms: z.int().min(-MOST_CLOCK_OFFSET_MS).max(MOST_CLOCK_OFFSET_MS),
  measuredAt: Timestamp,
});
export type ClockOffset = ReadonlyJson<z.infer<typeof ClockOffset>>;

export const Host = z.object({
  id: Id,
  /** An admin gave it. */
  name: Line.optional(),
  /** The agent calls its machine so. That proves nothing: `labelOf` says what the host is called here. */
  hostname: Line,
  os: Line,
  arch: Line,
  agentVersion: Line,
  tags: Tags,
  location: Line.optional(),
  deviceType: Line.optional(),
  themeColor: ThemeColor.optional(),
  /** People wrote it, for other people. */
  notes: Notes.optional(),
  /** Its agent has used its credential since then, and was asked to take another one. Hosts that enrolled with a release before have none. */
  credential: z.object({ since: Timestamp, rotationAskedAt: Timestamp.optional() }).optional(),
  online: z.boolean(),
  /** The agent's clock is wrong. Times that it told were put right. */
  clockSkewed: z.literal(true).optional(),
  /** The agent's clock differs so much from the server's. It is absent where they are close, or where the agent doesn't tell its time. */
  clockOffset: ClockOffset.optional(),
  /** Then two machines showed its credential, or one showed an old one. */
  cloneSeenAt: Timestamp.optional(),
  /** Nothing was heard of it since then. It is absent while the host is online, and before its first report. */
  offlineSince: Timestamp.optional(),
  checks: Checks,
  /** Its agent allows these. */
  ops: z.array(OpOffer).max(200),
  /** The command with this id runs there. */
  runningCommand: Id.optional(),
  enrolledAt: Timestamp,
});
export type Host = ReadonlyJson<z.infer<typeof Host>>;

const Percent = z.number().min(0).max(100);

const Figure = z.number().min(0);

/** It says how full a file system is that lies on a device of the machine. */
export const FileSystem = z.object({ path: z.string().max(200), used: Percent });
export type FileSystem = ReadonlyJson<z.infer<typeof FileSystem>>;

/** So many file systems of a host are told of: the fullest. */
export const MOST_FILE_SYSTEMS = 32;

/** A heartbeat brings this. A member is absent where the machine doesn't say. */
export const HostReading = z.object({
  cpu: Percent.optional(),
  ram: Percent.optional(),
  swap: Percent.optional(),
  load1: Figure.optional(),
  /** It is how full the fullest file system is. */
  disk: Percent.optional(),
  fileSystems: z.array(FileSystem).max(MOST_FILE_SYSTEMS).optional(),
  /** These four are bytes a second since the heartbeat before. */
  netIn: Figure.optional(),
  netOut: Figure.optional(),
  diskRead: Figure.optional(),
  diskWrite: Figure.optional(),
  /** The machine has so many processors. */
  cores: Figure.optional(),
  /** The agent's control group may use so many of them, as in a container. It is absent where there is no limit. */
  coresAllowed: Figure.optional(),
  /** The control group may use so many bytes of memory, and uses so much of them. */
  memoryAllowed: Figure.optional(),
  memoryOfAllowed: Percent.optional(),
  uptimeS: Figure.optional(),
});
export type HostReading = ReadonlyJson<z.infer<typeof HostReading>>;

/** These are of the newest heartbeat of a host. `id` is the host's id. */
export const Metrics = HostReading.extend({ id: Id, lastSeenAt: Timestamp });
export type Metrics = ReadonlyJson<z.infer<typeof Metrics>>;
