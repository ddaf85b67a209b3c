/** The bodies of requests about saved groups, and of their answers. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";
import { Line, Name } from "../text.ts";
import { FilterText, GroupLook, HostGroup } from "./host-group.ts";

/** `POST /api/groups` saves a group. One of the same name gives way to it. */
export const GroupRequest = z.strictObject({
  name: Name,
  title: Line.optional(),
  filter: FilterText,
  look: GroupLook.optional(),
});
export type GroupRequest = ReadonlyJson<z.infer<typeof GroupRequest>>;

/** `GET /api/groups` lists them, each with the ids of the hosts that are in it now. */
export const GroupAnswers = z.array(HostGroup.extend({ hosts: z.array(z.string()) }));
export type GroupAnswers = ReadonlyJson<z.infer<typeof GroupAnswers>>;
