/** The palette finds hosts, screens, ops, pipelines, recent runs and things to do by a few letters of them. */

import type { Command, Fleet, Host } from "@neverstale/fleet-domain";
import { folded, labelIn, labelOf } from "@neverstale/fleet-domain/schema-free";
import type { RunWish } from "../commands/dialog/run-opener.ts";
import { opTitleOf } from "../commands/op-title.ts";
import { SCREEN_WORDS } from "../frame/screen-words.ts";
import type { Theme } from "../state/io/theme.ts";
import { goTo, type PagePlace, type Screen, showOutput } from "../state/place.ts";

export interface PaletteEntry {
  /** No two entries have the same. */
  readonly key: string;
  readonly group: PaletteGroup;
  readonly words: string;
  /** It stands beside the words, and is looked through as well. */
  readonly detail: string;
  readonly leads: (place: PagePlace) => PagePlace;
  /** It chooses these colours, and leads nowhere. */
  readonly theme?: Theme;
  /** It opens the dialog that starts something. */
  readonly runs?: RunWish;
}

export const PALETTE_GROUPS = ["Screens", "Hosts", "Ops", "Pipelines", "Recent runs", "Run", "Colours"] as const;
type PaletteGroup = (typeof PALETTE_GROUPS)[number];

/** So many of each group are shown. */
const MOST = 8;

/** All words of the query must be in an entry. Those that begin with the query come first, then those with a word that does. */
export function paletteEntries(
  fleet: Fleet,
  screens: readonly Screen[],
  query: string,
  mayRun = false,
): PaletteEntry[] {
  const words = folded(query).split(/\s+/).filter(Boolean);
  const ops = opEntries(fleet);
  const groups = [screenEntries(screens), hostEntries(fleet), ops, pipelineEntries(fleet), runs(fleet)];
  if (mayRun) groups.push(runEntries(ops));
  if (words.length > 0) groups.push(THEME_ENTRIES); // Nobody looks for them among all that there is.
  return groups.flatMap((entries) => best(entries, words));
}

/** An op is run on hosts that allow it. Which of them is chosen in the dialog. */
function runEntries(ops: readonly PaletteEntry[]): PaletteEntry[] {
  const entry = (key: string, words: string, detail: string, wish: RunWish): PaletteEntry => ({
    ...{ key: `run: ${key}`, group: "Run", words, detail, runs: wish },
    leads: (place) => place,
  });
  return [
    entry("", "Run something…", "", { where: { kind: "filter", text: "" }, what: null }),
    ...ops.map(({ key, words, detail }) => {
      const name = key.slice("op ".length);
      return entry(name, `Run ${words}…`, detail, {
        where: { kind: "filter", text: `op:${name}` },
        what: `op:${name}`,
      });
    }),
  ];
}

const THEME_ENTRIES: PaletteEntry[] = (["system", "light", "dark"] as const).map((theme) => ({
  key: `theme ${theme}`,
  group: "Colours",
  words: { system: "Colours as the system", light: "Light colours", dark: "Dark colours" }[theme],
  detail: "theme",
  leads: (place) => place,
  theme,
}));

function best(entries: readonly PaletteEntry[], words: readonly string[]): PaletteEntry[] {
  if (words.length === 0) return entries.slice(0, MOST);
  const ranked = entries.flatMap((entry) => {
    const rank = rankOf(entry, words);
    return rank === null ? [] : [{ entry, rank }];
  });
  ranked.sort((one, other) => one.rank - other.rank);
  return ranked.slice(0, MOST).map(({ entry }) => entry);
}

/** Null means that it does not match. */
function rankOf({ words: label, detail }: PaletteEntry, words: readonly string[]): number | null {
  const name = folded(label);
  const all = `${name} ${folded(detail)}`;
  if (!words.every((word) => all.includes(word))) return null;
  const whole = words.join(" ");
  if (name === whole) return 0;
  if (name.startsWith(whole)) return 1;
  return words.every((word) => all.split(/[\s.:/_-]+/).some((part) => part.startsWith(word))) ? 2 : 3;
}

function screenEntries(screens: readonly Screen[]): PaletteEntry[] {
  return screens.map((screen) => ({
    key: `screen ${screen}`,
    group: "Screens",
    words: SCREEN_WORDS[screen],
    detail: "",
    leads: (place) => goTo(place, screen),
  }));
}

function hostEntries({ hosts }: Fleet): PaletteEntry[] {
  const all = [...hosts.values()].map((host): PaletteEntry => {
    const state = host.online ? "" : "offline";
    return {
      key: `host ${host.id}`,
      group: "Hosts",
      words: labelOf(host),
      detail: [state, ...host.tags].filter(Boolean).join(" "),
      leads: (place) => goTo(place, "hosts", host.id),
    };
  });
  return all.sort(byWords);
}

/** An op leads to the hosts that allow it. */
function opEntries({ hosts }: Fleet): PaletteEntry[] {
  const titles = new Map<string, { readonly title: string; readonly on: number }>();
  for (const { ops } of hosts.values())
    for (const { name, title = name } of ops) titles.set(name, { title, on: (titles.get(name)?.on ?? 0) + 1 });
  const all = [...titles].map(
    ([name, { title, on }]): PaletteEntry => ({
      key: `op ${name}`,
      group: "Ops",
      words: title,
      detail: `${title === name ? "" : `${name} · `}${on === 1 ? "1 host allows it" : `${on} hosts allow it`}`,
      leads: (place) => ({ ...goTo(place, "hosts"), filter: `op:${name}` }),
    }),
  );
  return all.sort(byWords);
}

function pipelineEntries({ pipelines }: Fleet): PaletteEntry[] {
  return newest(pipelines).map(({ id, name, status, createdAt }) => ({
    key: `pipeline ${id}`,
    group: "Pipelines",
    words: name,
    detail: `${status} · ${clockOf(createdAt)}`,
    leads: (place) => goTo(place, "pipelines", id),
  }));
}

function runs({ commands, hosts }: Fleet): PaletteEntry[] {
  return newest(commands).map((command: Command): PaletteEntry => {
    const host: Host | undefined = hosts.get(command.host);
    return {
      key: `run ${command.id}`,
      group: "Recent runs",
      words: `${opTitleOf(command, host)} on ${labelIn(hosts, command.host)}`,
      detail: `${command.status.replaceAll("_", " ")} · ${clockOf(command.createdAt)}`,
      leads: (place) => showOutput(goTo(place, "runs"), [command.id]),
    };
  });
}

function newest<T extends { readonly createdAt: string }>(records: ReadonlyMap<string, T>): T[] {
  return [...records.values()].sort((one, other) => other.createdAt.localeCompare(one.createdAt));
}

function clockOf(at: string): string {
  return new Date(at).toLocaleTimeString("en-GB");
}

/** It is made once: `localeCompare` makes one for each pair, which takes more than a second for 10,000 hosts. */
const NAMES = new Intl.Collator("en", { numeric: true });

function byWords(one: PaletteEntry, other: PaletteEntry): number {
  return NAMES.compare(one.words, other.words);
}
