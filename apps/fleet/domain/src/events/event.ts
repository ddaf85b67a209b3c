/** An event says what happened and who did it. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";
import { Id, Line, Timestamp } from "../text.ts";

/** Every mutation, and every change of a connection, leaves an event in the same transaction. */
export const Event = z.object({
  id: Id,
  at: Timestamp,
  category: z.enum(["audit", "system", "error"]),
  level: z.enum(["info", "warn", "error", "success"]),
  /** It is a user name, `agent:<host>` or `server`. */
  actor: Line,
  host: Id.optional(),
  /** It has the form `<what>_<happened>`, for example `command_dispatched`. */
  action: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/),
  message: Line,
  details: z.record(z.string(), z.json()).optional(),
});
export type Event = ReadonlyJson<z.infer<typeof Event>>;
