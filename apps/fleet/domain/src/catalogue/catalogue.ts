/** The catalogue says what the ops of agents mean here, and which pipelines there are. It is part of the state, as `fleet.yaml` gave it. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";
import { Id, Line, Name, Timestamp } from "../text.ts";
import { RUNNING_ROLES } from "./may-run.ts";
import { MostFailed, WaveSize } from "./waves.ts";

const CheckNames = z.array(Name).min(1).max(20);

/** So often is a failed command tried again at most. */
export const MOST_RETRIES = 10;

/** Only these roles may run it, and those above them. Without this whoever may run anything may run it. */
export const Roles = z.array(z.enum(RUNNING_ROLES)).min(1).max(RUNNING_ROLES.length);

/** Whoever runs it shows a code of the second factor, and types the number of hosts. */
const Danger = z.literal(true);

/** This is how the server treats an op. The agents say which of them allow it. */
export const OpRule = z.object({
  /** It is the name of the op. */
  id: Name,
  title: Line.optional(),
  group: Line.optional(),
  roles: Roles.optional(),
  /** While its host is not connected, a command is blocked or waits. Without this it is blocked. */
  offline: z.enum(["block", "queue"]).optional(),
  /** While its host runs another one, a command is blocked or waits. Without this it is blocked, and waits as part of a pipeline. */
  busy: z.enum(["block", "wait"]).optional(),
  /** A command that waits for its host is `expired` after so many ms. */
  deliverWithinMs: z.int().min(1),
  danger: Danger.optional(),
  /** A command that failed is tried again so often. */
  retries: z.int().min(1).max(MOST_RETRIES).optional(),
  /** A command begins only while these checks of its host are ok. */
  preChecks: CheckNames.optional(),
  /** It has succeeded only once these checks were found to be ok after its end. */
  postChecks: CheckNames.optional(),
  /** Within so many ms they must be, or it has failed. */
  postWithinMs: z.int().min(1).optional(),
  /** So many ms pass before the first of these tries, and twice as many before each next one. */
  backoffMs: z.int().min(1).optional(),
});
export type OpRule = ReadonlyJson<z.infer<typeof OpRule>>;

/** This pipeline may be dispatched. */
export const PipelineRule = z.object({
  /** It is the name of the pipeline. */
  id: Name,
  title: Line.optional(),
  roles: Roles.optional(),
  /** Each stage is named by its op. */
  stages: z.array(Name).min(1).max(50),
  danger: Danger.optional(),
  /** Each wave of hosts goes through all stages before the next one begins. Without waves all hosts go at once. */
  waves: z.array(WaveSize).min(1).max(20).optional(),
  /** So many ms pass between the end of a wave and the begin of the next one. */
  pauseMs: z.int().min(1).optional(),
  /** On more hosts than these it does not go on. */
  maxFail: MostFailed.optional(),
});
export type PipelineRule = ReadonlyJson<z.infer<typeof PipelineRule>>;

/** It is the one record of its collection. It says where the catalogue came from, and what was wrong with the file that was read last. */
export const CatalogueFile = z.object({
  id: z.literal("fleet.yaml"),
  /** Without a file the server has a catalogue of its own. */
  source: z.enum(["file", "own"]),
  readAt: Timestamp,
  /** It tells the text from another one, without telling it. It is absent where the file could not be read. */
  sha256: Id.optional(),
  /** Where there are any, the catalogue of before is still in force. */
  problems: z.array(Line).max(20),
});
export type CatalogueFile = ReadonlyJson<z.infer<typeof CatalogueFile>>;

export const CATALOGUE_FILE_ID = "fleet.yaml";
