/** Somebody may be limited to the hosts that carry one of some tags: nothing of another host is shown to them, or done by them. */

import { z } from "zod";
import { type Host, Tag } from "../hosts/host.ts";

/** So many tags may limit one person or one API token (B122). */
export const MAX_GRANTED_TAGS = 32;

export const GrantedTagList = z
  .array(Tag)
  .min(1)
  .max(MAX_GRANTED_TAGS)
  .describe("Only hosts that carry one of these tags are seen and acted on. Without it all are.");

/** Null stands for the whole fleet. An empty list stands for no host at all. */
export type GrantedTags = readonly string[] | null;

/** It returns the tags of a token beside those of its owner: those that both have, as neither may see more than the other. */
export function grantedByBoth(owner: GrantedTags, token: GrantedTags): GrantedTags {
  if (owner === null || token === null) return owner ?? token;
  return token.filter((tag) => owner.includes(tag));
}

/** A host that is not there is shown to nobody. */
export function isHostGranted(granted: GrantedTags, host: Pick<Host, "tags"> | undefined): boolean {
  if (host === undefined) return false;
  return granted === null || host.tags.some((tag) => granted.includes(tag));
}
