/** A group of hosts is a filter with a name. Who is in it follows from how the hosts are whenever somebody looks. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { z } from "zod";
import { Line, Name, Timestamp } from "../text.ts";
import { Tags } from "./host.ts";

/**
 * It is in the language of `host-filter.ts`. One that says nothing would mean every host by mistake, and so would a term without its value:
 * `status:$WANTED` in a script that has no `WANTED`.
 */
export const FilterText = z
  .string()
  .max(500)
  .refine((text) => text.split(/\s+/).some((term) => !/^-*$/.test(term)), "expected a filter such as tag:prod")
  .refine(
    (text) => !text.split(/\s+/).some((term) => NO_VALUE.test(term)),
    "a word such as tag: or status: has its value right behind it",
  );

const NO_VALUE = /^-*(tag|op|status|check|os|version|cpu|ram|disk|swap|load)[:\uff1a][<>]?=?$/i;

/** The page shows the hosts of a group like this. It says so in the words of its own address, and the server gives them no meaning. */
export const GroupLook = z.object({
  sort: z.string().max(100).optional(),
  columns: z.string().max(300).optional(),
  layout: z.string().max(20).optional(),
});

export const HostGroup = z.object({
  /** It is the name of the group. */
  id: Name,
  title: Line.optional(),
  filter: FilterText,
  savedBy: Line,
  savedAt: Timestamp,
  look: GroupLook.optional(),
});
export type HostGroup = ReadonlyJson<z.infer<typeof HostGroup>>;

/** So many groups may be saved. */
export const MOST_GROUPS = 200;

/** Something runs on the hosts of which all that is given here is true at that moment. */
export const HostTarget = z
  .strictObject({
    all: z.literal(true).describe("Every host.").optional(),
    tags: Tags.min(1).describe("Hosts with all these tags.").optional(),
    filter: FilterText.describe("Hosts that the filter of the page would show.").optional(),
    group: Name.describe("Hosts of this saved group.").optional(),
  })
  .refine((target) => Object.keys(target).length > 0, "expected all, tags, a filter or a group");
export type HostTarget = ReadonlyJson<z.infer<typeof HostTarget>>;
