/** A target of the run dialog is turned into hosts, words, and choices here. */

import type { Fleet, Host } from "@neverstale/fleet-domain";
import { parseHostFilter } from "@neverstale/fleet-domain/schema-free";
import type { OptionGroup } from "../../components/choice.tsx";
import { hostRows } from "../../hosts/found/host-rows.ts";
import { howMany } from "../../state/format.ts";
import type { RunWhere } from "./run-opener.ts";

/** They are those that it means at this moment, in the order of the state. */
export function hostsMeant(fleet: Fleet, where: RunWhere): readonly Host[] {
  const all = [...fleet.hosts.values()];
  switch (where.kind) {
    case "all":
      return all;
    case "hosts": {
      const ids = new Set(where.ids);
      return all.filter(({ id }) => ids.has(id));
    }
    case "tag":
      return all.filter(({ tags }) => tags.includes(where.tag));
    case "group":
      return matching(fleet, all, fleet.groups.get(where.name)?.filter ?? "");
    case "filter":
      return matching(fleet, all, where.text);
  }
}

/** An empty filter would mean every host by mistake, so it means none. */
function matching(fleet: Fleet, all: readonly Host[], filter: string): readonly Host[] {
  if (filter.trim() === "") return [];
  const matches = parseHostFilter(filter);
  return hostRows(fleet, all)
    .filter(matches)
    .map(({ host }) => host);
}

/** So many tags are offered: those that most hosts have. */
const MOST_TAGS = 30;

/** `chosen` are hosts that were chosen before the dialog was opened. */
export function whereChoices(
  fleet: Pick<Fleet, "hosts" | "groups">,
  chosen: readonly string[],
): readonly OptionGroup[] {
  const counts = new Map<string, number>();
  for (const { tags } of fleet.hosts.values()) for (const tag of tags) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  const tags = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, MOST_TAGS);
  const groups = [...fleet.groups.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  const first = [
    ...(chosen.length === 0 ? [] : [{ id: "hosts", word: chosenWord(chosen.length) }]),
    { id: "filter", word: "Hosts that a filter finds…" },
    { id: "all", word: "All hosts", note: howMany(fleet.hosts.size, "host") },
  ];
  return [
    { title: "", options: first },
    {
      title: "Saved groups",
      options: groups.map(({ id, title = id, filter }) => ({ id: `group:${id}`, word: title, note: filter })),
    },
    {
      title: "Tags",
      options: tags.map(([tag, hosts]) => ({ id: `tag:${tag}`, word: tag, note: howMany(hosts, "host") })),
    },
  ].filter(({ options }) => options.length > 0);
}

function chosenWord(count: number): string {
  return count === 1 ? "The host that is chosen" : `The ${count.toLocaleString("en")} hosts that are chosen`;
}

/** `text` is what stands in the field of the filter. */
export function whereOf(choice: string, chosen: readonly string[], text: string): RunWhere {
  if (choice.startsWith("group:")) return { kind: "group", name: choice.slice("group:".length) };
  if (choice.startsWith("tag:")) return { kind: "tag", tag: choice.slice("tag:".length) };
  if (choice === "all") return { kind: "all" };
  return choice === "filter" ? { kind: "filter", text } : { kind: "hosts", ids: chosen };
}

export function choiceOf(where: RunWhere): string {
  if (where.kind === "group") return `group:${where.name}`;
  return where.kind === "tag" ? `tag:${where.tag}` : where.kind;
}
