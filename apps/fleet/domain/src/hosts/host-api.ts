/** The bodies of requests about hosts, and of their answers. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";
import { Reached, SeenVersion } from "../api.ts";
import { Line, Notes } from "../text.ts";
import { Host, Tags, ThemeColor } from "./host.ts";
import { HostName } from "./host-name.ts";

/** `PATCH /api/hosts/:id` takes this. Null takes a value away. */
export const HostPatch = z.strictObject({
  name: HostName.nullish().describe("Given by an admin; no other host may be called so."),
  tags: Tags.optional(),
  location: Line.nullish(),
  deviceType: Line.nullish(),
  themeColor: ThemeColor.nullish(),
  notes: Notes.nullish().describe("Written by people, for other people."),
  ...SeenVersion,
});
export type HostPatch = ReadonlyJson<z.infer<typeof HostPatch>>;

export const HostAnswer = z.object({ host: Host, ...Reached });
export type HostAnswer = ReadonlyJson<z.infer<typeof HostAnswer>>;
