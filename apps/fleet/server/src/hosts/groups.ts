/** Groups of hosts are saved and removed by these decisions. */

import { type GroupAnswers, type GroupRequest, MOST_GROUPS } from "@neverstale/fleet-domain";
import { note } from "../fleet/note.ts";
import { RequestRefusal } from "../fleet/refusal.ts";
import type { View, Work } from "../fleet/work.ts";
import { targetedHosts } from "./targets.ts";

export function saveGroup(work: Work, { name: id, title, filter, look }: GroupRequest, actor: string): void {
  const { groups } = work.fleet;
  if (!groups.has(id) && groups.size >= MOST_GROUPS)
    throw new RequestRefusal("too_many_requests", `there are ${MOST_GROUPS} groups already`, {
      hint: "Remove some of them first.",
    });
  const named = { id, filter, ...(title === undefined ? {} : { title }), ...(look === undefined ? {} : { look }) };
  work.change("group_saved", "", { ...named, savedBy: actor, savedAt: work.at.iso });
  noteGroup(work, actor, "group_saved", `${actor} saved the group ${id}: ${filter}`, id);
}

export function removeGroup(work: Work, id: string, actor: string): void {
  if (!work.fleet.groups.has(id)) throw new RequestRefusal("not_found", `there is no group ${id}`);
  work.change("group_removed", "", { id });
  noteGroup(work, actor, "group_removed", `${actor} removed the group ${id}`, id);
}

function noteGroup(work: Work, actor: string, action: string, message: string, group: string): void {
  note(work, { category: "audit", level: "info", actor, action, message, details: { group } });
}

/** Many groups of many hosts take long, so others get a turn in between. */
export async function groupsWithHosts(
  { state }: { readonly state: View["fleet"] },
  pause: () => Promise<void>,
): Promise<GroupAnswers> {
  const found: GroupAnswers[number][] = [];
  for (const group of [...state.groups.values()]) {
    found.push({ ...group, hosts: targetedHosts(state, { filter: group.filter }).map(({ id }) => id) });
    await pause();
  }
  return found;
}
