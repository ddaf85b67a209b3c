/** The bodies of requests about alerts and silences, and of their answers. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";
import { Reached } from "../api.ts";
import { Id, Timestamp } from "../text.ts";
import { Silence } from "./alert.ts";

/** `POST /api/silences` begins a silence, now unless `from` says when. */
export const SilenceRequest = Silence.omit({ id: true, by: true }).extend({ from: Timestamp.optional() }).strict();
export type SilenceRequest = ReadonlyJson<z.infer<typeof SilenceRequest>>;

export const SilenceAnswer = z.object({ silenceId: Id, ...Reached });
