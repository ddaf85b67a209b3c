import { PAGE_SCREENS } from "@neverstale/fleet-domain/schema-free";

/**
 * What is on screen, as it stands in the address: a link shows the same to whoever opens it, a reload too.
 *
 *   /hosts/<open host>?q=<filter>&sort=-cpu&out=<command>&out=<command>&tab=<command>
 */
export type Screen = (typeof PAGE_SCREENS)[number];

/** The screens that show one record when its id stands behind their name. */
const WITH_RECORDS: ReadonlySet<Screen> = new Set(["hosts", "pipelines"]);

export interface View {
  readonly screen: Screen;
  /** The record that is open on that screen. */
  readonly open: string | null;
  readonly filter: string;
  /** A column's name, `-` before it for descending; empty for the screen's own order. */
  readonly sort: string;
  /** The commands that have a tab in the output dock, in order. */
  readonly tabs: readonly string[];
  /** The tab that is shown; null when the dock is folded. */
  readonly tab: string | null;
  /** The path of an address that leads nowhere, else null. */
  readonly missing: string | null;
}

export const START: View = { screen: "hosts", open: null, filter: "", sort: "", tabs: [], tab: null, missing: null };

/** More open tabs than this are dropped, the oldest first. */
export const MAX_TABS = 12;

export function parseView(pathname: string, search: string): View {
  const query = new URLSearchParams(search);
  const tabs = [...new Set(query.getAll("out"))].filter((id) => id !== "").slice(-MAX_TABS);
  const tab = query.get("tab");
  const place = placeOf(pathname);
  return {
    screen: place?.screen ?? START.screen,
    open: place?.open ?? null,
    missing: place === null ? pathname : null,
    filter: query.get("q") ?? "",
    sort: query.get("sort") ?? "",
    tabs,
    tab: tab !== null && tabs.includes(tab) ? tab : null,
  };
}

export function formatView(view: View): string {
  const query = new URLSearchParams();
  if (view.filter !== "") query.set("q", view.filter);
  if (view.sort !== "") query.set("sort", view.sort);
  for (const id of view.tabs) query.append("out", id);
  if (view.tab !== null) query.set("tab", view.tab);
  const path = view.missing ?? placePath(view);
  return query.size === 0 ? path : `${path}?${query}`;
}

function placePath({ screen, open }: View): string {
  return open === null ? `/${screen}` : `/${screen}/${encodeURIComponent(open)}`;
}

/** Null for a path that leads nowhere. */
function placeOf(pathname: string): Pick<View, "screen" | "open"> | null {
  const [first, second, ...others] = pathname.split("/").filter((part) => part !== "");
  if (first === undefined) return START;
  const screen = PAGE_SCREENS.find((known) => known === first);
  if (screen === undefined || others.length > 0) return null;
  if (second === undefined) return { screen, open: null };
  const open = WITH_RECORDS.has(screen) ? decoded(second) : null;
  return open === null ? null : { screen, open };
}

/** Another screen; the dock stays as it is. */
export function goTo(view: View, screen: Screen, open: string | null = null): View {
  return { ...START, tabs: view.tabs, tab: view.tab, screen, open };
}

export function showOutput(view: View, commandIds: readonly string[]): View {
  const fresh = commandIds.filter((id) => !view.tabs.includes(id));
  const shown = commandIds[0] ?? view.tab;
  const tabs = [...view.tabs, ...fresh].slice(-MAX_TABS);
  return { ...view, tabs: shown === null || tabs.includes(shown) ? tabs : [shown, ...tabs.slice(1)], tab: shown };
}

/** The neighbour takes the place of a closed tab. */
export function closeOutput(view: View, commandId: string): View {
  const at = view.tabs.indexOf(commandId);
  const tabs = view.tabs.filter((id) => id !== commandId);
  const tab = view.tab === commandId ? (tabs[Math.min(at, tabs.length - 1)] ?? null) : view.tab;
  return { ...view, tabs, tab };
}

export interface Sort<Column extends string> {
  readonly column: Column;
  readonly descending: boolean;
}

/** The wish in the address, or null when it names no column of this table. */
export function parseSort<Column extends string>(sort: string, columns: readonly Column[]): Sort<Column> | null {
  const name = sort.startsWith("-") ? sort.slice(1) : sort;
  const column = columns.find((candidate) => candidate === name);
  return column === undefined ? null : { column, descending: sort.startsWith("-") };
}

/** A click on a header: first its natural direction, then the other, then the screen's own order. */
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
