/** The place is what is on screen, as it stands in the address: a link shows the same to whoever opens it, and so does a reload. */

import { MOVED_SCREENS, PAGE_SCREENS } from "@neverstale/fleet-domain/schema-free";

/** Its address is `/hosts/<open host>?beside=1&q=<filter>&sort=-cpu&range=24h&out=<command>&tab=<command>&line=<number>&at=<version>`. */
export interface PagePlace {
  readonly screen: Screen;
  /** This record is open on that screen. */
  readonly open: string | null;
  /** The open host stands beside the list, for a quick look. Without this it has the screen for itself. */
  readonly beside: boolean;
  readonly filter: string;
  /** This is a column's name, with `-` before it for descending. When it is empty, the screen has its own order. */
  readonly sort: string;
  /** These columns of the table are shown. When it is empty, they are the usual ones, or those chosen last in this browser. */
  readonly columns: string;
  /** It is `grid` where the screen shows its records as tiles. When it is empty, it shows a table. */
  readonly layout: string;
  /** The charts of a host reach back so far. When it is empty, they have their own. */
  readonly range: string;
  /** These commands have a tab in the output dock, in this order. */
  readonly tabs: readonly string[];
  /** This tab is shown. Null means that the dock is folded. */
  readonly tab: string | null;
  /** This line of the shown output is marked. */
  readonly line: number | null;
  /** The page shows the state at this version. When it is empty, it shows what is now. */
  readonly at: string;
  /** The state at this version is compared with the one that is shown. When it is empty, nothing is compared. */
  readonly since: string;
  /** This is the path of an address that leads nowhere. Null means that the address leads to a screen. */
  readonly missing: string | null;
}

export type Screen = (typeof PAGE_SCREENS)[number];

/** These screens show one record when its id stands behind their name, or a part of theirs. */
const WITH_RECORDS: ReadonlySet<Screen> = new Set(["hosts", "runs", "pipelines", "settings"]);

export const START_PLACE: PagePlace = {
  screen: "hosts",
  open: null,
  beside: false,
  filter: "",
  sort: "",
  columns: "",
  layout: "",
  range: "",
  tabs: [],
  tab: null,
  line: null,
  at: "",
  since: "",
  missing: null,
};

/** This tab shows the outputs of all the others together. No command has this id. */
export const MERGED_TAB = "merged";

/** When there are more open tabs than this, the oldest go. */
export const MAX_TABS = 12;

export function parsePlace(pathname: string, search: string): PagePlace {
  const query = new URLSearchParams(search);
  const tabs = [...new Set(query.getAll("out"))].filter(isTab).slice(-MAX_TABS);
  const tab = (tabs.length > 1 ? [...tabs, MERGED_TAB] : tabs).find((id) => id === query.get("tab")) ?? null;
  const named = placeOf(pathname);
  return {
    screen: named?.screen ?? START_PLACE.screen,
    open: named?.open ?? null,
    beside: named?.screen === "hosts" && named.open !== null && query.get("beside") === "1",
    missing: named === null ? pathname : null,
    filter: query.get("q") ?? "",
    sort: query.get("sort") ?? "",
    columns: query.get("columns") ?? "",
    layout: query.get("layout") ?? "",
    range: query.get("range") ?? "",
    at: query.get("at") ?? "",
    since: query.get("since") ?? "",
    tabs,
    tab,
    line: tab === null ? null : lineOf(query.get("line") ?? ""),
  };
}

/** No command has another id. */
function isTab(id: string): boolean {
  return /^\S{1,200}$/.test(id) && id !== MERGED_TAB;
}

function lineOf(text: string): number | null {
  return /^[1-9]\d{0,11}$/.test(text) ? Number(text) : null;
}

export function formatPlace(place: PagePlace): string {
  const query = new URLSearchParams();
  if (place.beside && place.open !== null) query.set("beside", "1");
  if (place.filter !== "") query.set("q", place.filter);
  if (place.sort !== "") query.set("sort", place.sort);
  if (place.columns !== "") query.set("columns", place.columns);
  if (place.layout !== "") query.set("layout", place.layout);
  if (place.range !== "") query.set("range", place.range);
  if (place.at !== "") query.set("at", place.at);
  if (place.since !== "") query.set("since", place.since);
  for (const id of place.tabs) query.append("out", id);
  if (place.tab !== null) query.set("tab", place.tab);
  if (place.tab !== null && place.line !== null) query.set("line", String(place.line));
  const path = place.missing ?? placePath(place);
  return query.size === 0 ? path : `${path}?${query}`;
}

function placePath({ screen, open }: PagePlace): string {
  return open === null ? `/${screen}` : `/${screen}/${encodeURIComponent(open)}`;
}

/** It returns null for a path that leads nowhere. */
function placeOf(pathname: string): Pick<PagePlace, "screen" | "open"> | null {
  const [first, second, ...others] = pathname.split("/").filter((part) => part !== "");
  if (first === undefined) return START_PLACE;
  if (second === undefined && Object.hasOwn(MOVED_SCREENS, first))
    return MOVED_SCREENS[first as keyof typeof MOVED_SCREENS];
  const screen = PAGE_SCREENS.find((known) => known === first);
  if (screen === undefined || others.length > 0) return null;
  if (second === undefined) return { screen, open: null };
  const open = WITH_RECORDS.has(screen) ? decoded(second) : null;
  return open === null ? null : { screen, open };
}

/** It leads to another screen, and leaves the dock and the moment as they are. */
export function goTo(place: PagePlace, screen: Screen, open: string | null = null): PagePlace {
  const { tabs, tab, line, at, since } = place;
  return { ...START_PLACE, tabs, tab, line, at, since, screen, open };
}

/** New outputs get tabs behind those that are there, and the first of them comes to the front. */
export function showOutput(place: PagePlace, commandIds: readonly string[]): PagePlace {
  const fresh = commandIds.filter((id) => !place.tabs.includes(id));
  const shown = commandIds[0] ?? place.tab;
  const tabs = [...place.tabs, ...fresh].slice(-MAX_TABS);
  return {
    ...place,
    tabs: shown === null || tabs.includes(shown) ? tabs : [shown, ...tabs.slice(1)],
    tab: shown,
    line: null,
  };
}

/** The neighbour takes the place of a closed tab. */
export function closeOutput(place: PagePlace, commandId: string): PagePlace {
  const at = place.tabs.indexOf(commandId);
  const tabs = place.tabs.filter((id) => id !== commandId);
  const isGone = place.tab === commandId || (place.tab === MERGED_TAB && tabs.length < 2);
  const tab = isGone ? (tabs[Math.min(at, tabs.length - 1)] ?? null) : place.tab;
  return { ...place, tabs, tab, line: tab === place.tab ? place.line : null };
}

export interface Sort<Column extends string> {
  readonly column: Column;
  readonly descending: boolean;
}

/** It returns null when the address names no column of this table. */
export function parseSort<Column extends string>(sort: string, columns: readonly Column[]): Sort<Column> | null {
  const name = sort.startsWith("-") ? sort.slice(1) : sort;
  const column = columns.find((candidate) => candidate === name);
  return column === undefined ? null : { column, descending: sort.startsWith("-") };
}

/** A click on a header sorts in the header's natural direction, the next click in the other one, and the third ends the sorting. */
export function nextSort(sort: string, column: string, descendingFirst: boolean): string {
  const [first, second] = descendingFirst ? [`-${column}`, column] : [column, `-${column}`];
  if (sort === first) return second;
  return sort === second ? "" : first;
}

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}
