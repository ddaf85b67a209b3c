/** The difference of two moments is a list of records that came, went or are others, by kind or by host. */

import { diffStates } from "@neverstale/client";
import type { Fleet } from "@neverstale/fleet-domain";
import { labelIn } from "@neverstale/fleet-domain/schema-free";

export interface RecordDifference {
  readonly key: string;
  readonly collection: string;
  readonly id: string;
  readonly kind: "added" | "removed" | "changed";
  /** The record is called so. */
  readonly label: string;
  /** It is about this host, by its id. Null: it is about none, or about several. */
  readonly host: string | null;
  /** A record that came or went has all of its fields here. */
  readonly fields: readonly FieldDifference[];
}

interface FieldDifference {
  readonly name: string;
  /** Undefined means that there was none. */
  readonly before: unknown;
  readonly after: unknown;
}

type Records = ReadonlyMap<string, Readonly<Record<string, unknown>> & { readonly id: string }>;
export type State = Readonly<Record<string, Records>>;

export function differencesOf(before: State, after: State): readonly RecordDifference[] {
  const diff = diffStates(before as Parameters<typeof diffStates>[0], after as Parameters<typeof diffStates>[1]);
  const moved = Object.entries(diff).flatMap(([collection, { put = [], set = {}, unset = {}, remove = [] }]) => {
    const ids = new Set([...put.map(({ id }) => id), ...Object.keys(set), ...Object.keys(unset), ...remove]);
    return [...ids].map((id) => differenceOf(collection, id, before, after));
  });
  return moved.toSorted((a, b) => rank(a) - rank(b) || a.label.localeCompare(b.label, "en"));
}

function differenceOf(collection: string, id: string, before: State, after: State): RecordDifference {
  const then = before[collection]?.get(id);
  const now = after[collection]?.get(id);
  const record = now ?? then ?? { id };
  const names = [...new Set([...Object.keys(then ?? {}), ...Object.keys(now ?? {})])].filter((name) => name !== "id");
  const fields = names.map((name) => ({ name, before: then?.[name], after: now?.[name] }));
  return {
    key: `${collection}/${id}`,
    collection,
    id,
    kind: then === undefined ? "added" : now === undefined ? "removed" : "changed",
    label: labelOf(collection, record, now === undefined ? before : after),
    host: hostOf(collection, record),
    fields: fields.filter((field) => JSON.stringify(field.before) !== JSON.stringify(field.after)),
  };
}

function labelOf(collection: string, record: Readonly<Record<string, unknown>>, state: State): string {
  const { id, host, op, pipeline, title, message, name } = record;
  const hostLabel = typeof host === "string" ? ` on ${nameOfHost(host, state)}` : "";
  if (collection === "hosts" || collection === "metrics") return nameOfHost(String(id), state);
  if (collection === "commands") return `${String(op)}${hostLabel}`;
  const words = [title, message, pipeline, name].find((text) => typeof text === "string");
  return String(words ?? id);
}

function nameOfHost(id: string, state: State): string {
  return labelIn((state.hosts ?? new Map()) as unknown as Fleet["hosts"], id);
}

function hostOf(collection: string, { id, host }: Readonly<Record<string, unknown>>): string | null {
  if (collection === "hosts" || collection === "metrics") return String(id);
  return typeof host === "string" ? host : null;
}

function rank({ collection }: RecordDifference): number {
  const at = KINDS.findIndex((kind) => kind.collection === collection);
  return at < 0 ? KINDS.length : at;
}

/** In this order they are shown: first what needs a person, last what moves all the time. */
const KINDS = [
  { collection: "alerts", word: "Alerts" },
  { collection: "hosts", word: "Hosts" },
  { collection: "commands", word: "Runs" },
  { collection: "pipelines", word: "Pipelines" },
  { collection: "silences", word: "Silences" },
  { collection: "schedules", word: "Schedules" },
  { collection: "events", word: "Events" },
  { collection: "metrics", word: "Figures of hosts" },
] as const;

export interface DifferenceGroup {
  readonly key: string;
  readonly title: string;
  /** It gives `2 new, 1 changed, 1 gone`. */
  readonly summary: string;
  readonly differences: readonly RecordDifference[];
}

export function byKind(differences: readonly RecordDifference[]): readonly DifferenceGroup[] {
  return groups(
    differences,
    ({ collection }) => collection,
    (key) => KINDS.find(({ collection }) => collection === key)?.word ?? key,
  );
}

/** Those that are about no host, or about several, stand last. */
export function byHost(differences: readonly RecordDifference[], state: State): readonly DifferenceGroup[] {
  const all = groups(
    differences,
    ({ host }) => host ?? "",
    (key) => (key === "" ? "About no single host" : nameOfHost(key, state)),
  );
  return all.toSorted((a, b) => Number(a.key === "") - Number(b.key === "") || a.title.localeCompare(b.title, "en"));
}

function groups(
  differences: readonly RecordDifference[],
  keyOf: (difference: RecordDifference) => string,
  titleOf: (key: string) => string,
): readonly DifferenceGroup[] {
  const found = Map.groupBy(differences, keyOf);
  return [...found].map(([key, list]) => ({ key, title: titleOf(key), summary: summaryOf(list), differences: list }));
}

function summaryOf(differences: readonly RecordDifference[]): string {
  const count = (kind: RecordDifference["kind"]) => differences.filter((each) => each.kind === kind).length;
  const parts = [
    [count("added"), "new"],
    [count("changed"), "changed"],
    [count("removed"), "gone"],
  ] as const;
  return parts.flatMap(([number, word]) => (number === 0 ? [] : [`${number.toLocaleString("en")} ${word}`])).join(", ");
}

/** A value of a record is shown as it is stored, cut where it is long. */
export function valueWords(value: unknown): string {
  if (value === undefined) return "–";
  const text = typeof value === "string" ? value : isListOfTexts(value) ? value.join(", ") : JSON.stringify(value);
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}

const MOST_SHOWN = 160;

function isListOfTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === "string");
}

type StoredState = Readonly<Record<string, readonly (Readonly<Record<string, unknown>> & { readonly id: string })[]>>;

/** It returns the state of an answer of the server, as the replica holds one. */
export function pastStateOf(payload: StoredState): State {
  const named = Object.entries(payload).map(([name, list]) => [name, new Map(list.map((each) => [each.id, each]))]);
  return Object.fromEntries(named) as State;
}
