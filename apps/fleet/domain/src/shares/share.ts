/** A share is the part of a pipeline, an alert or an event that is of the hosts with one tag. Who is limited to that tag is shown it instead. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";
import { Alert } from "../alerts/alert.ts";
import { Pipeline } from "../commands/pipeline.ts";
import { Event } from "../events/event.ts";
import { Tag } from "../hosts/host.ts";
import { Id } from "../text.ts";

/** Somebody is limited to this tag, so there are shares for it. */
export const SharedTag = z.object({ id: z.string().max(100), tag: Tag });
export type SharedTag = ReadonlyJson<z.infer<typeof SharedTag>>;

export function sharedTagId(tag: string): string {
  return `tag:${tag}`;
}

/** It has one of the three records, which says nothing of hosts without the tag: neither their names nor how many they are. */
export const Share = z.object({
  id: z.string().max(300),
  tag: Tag,
  hosts: z.array(Id).min(1).max(10_000),
  pipeline: Pipeline.optional(),
  alert: Alert.optional(),
  event: Event.optional(),
});
export type Share = ReadonlyJson<z.infer<typeof Share>>;

/** `of` is the id of the record that is shared. */
export function shareId(of: string, tag: string): string {
  return `${of}/${tag}`;
}

/** So many different tags may limit all users and API tokens together (B123). */
export const MAX_SHARED_TAGS = 256;
