import {
  type AnyViews,
  type CollectionDiff,
  type Diff,
  fromWireState,
  type GrantedView,
  type MutableState,
  type StateRecord,
} from "@neverstale/protocol";

type Records = Readonly<Record<string, ReadonlyMap<string, StateRecord>>>;
type KeysNow = (collection: string, record: StateRecord) => readonly string[];

/** It finds the keys of a record as rule V1 says them, from the state alone. */
export function keysIn(views: AnyViews, state: Records): KeysNow {
  return (collection, record) => {
    const way = views.throughOf(collection);
    if (way === null) return views.keysOf(collection, record);
    const other = state[way.through]?.get(String(record[way.field]));
    return other === undefined ? [] : views.keysOf(way.through, other);
  };
}

/** What a view shows at a version. */
export interface ShownThen {
  readonly state: MutableState;
  /** These fields of a record are shown, whether it has them or not: that one's own role has changed may be told (rule V18). */
  readonly fields: ReadonlyMap<string, string>;
}

/** It returns a copy of what a state looks like in a view. */
export function shownIn(state: Records, view: GrantedView, keysOf: KeysNow): ShownThen {
  const fields = new Map<string, string>();
  const shown = Object.entries(state).map(([name, records]) => {
    const list = [...records.values()].flatMap((record) => {
      const lens = view.lens(name, keysOf(name, record));
      if (lens === null) return [];
      fields.set(`${name}/${record.id}`, JSON.stringify(lens.fields));
      const kept = Object.entries(record).filter(([field]) => field === "id" || lens.fields?.includes(field) !== false);
      return [Object.fromEntries(kept)];
    });
    return [name, list] as const;
  });
  return { state: fromWireState(JSON.parse(JSON.stringify(Object.fromEntries(shown)))), fields };
}

/** It says what a diff tells that it may not tell, by what the view showed at each version from that of the diff on (P12). */
export function toldTooMuch(diff: Diff, shown: readonly ShownThen[]): string[] {
  const [first, last] = [(shown[0] as ShownThen).state, (shown.at(-1) as ShownThen).state];
  return Object.entries(diff).flatMap(([name, moved]) => {
    const then = first[name] ?? new Map<string, StateRecord>();
    const now = last[name] ?? new Map<string, StateRecord>();
    const wasStill = (id: string) => {
      const seen = shown.map(({ state, fields }) =>
        canonical([state[name]?.get(id) ?? null, fields.get(`${name}/${id}`) ?? null]),
      );
      return new Set(seen).size === 1;
    };
    return [
      ...toldOf(moved, then, now),
      ...idsOf(moved)
        .filter(wasStill)
        .map((id) => `${id} did not move`),
    ];
  });
}

function toldOf(moved: CollectionDiff, then: Records[string], now: Records[string]): string[] {
  const { put = [], set = {}, unset = {}, remove = [] } = moved;
  const fields = Object.entries(set).flatMap(([id, values]) => {
    return Object.entries(values)
      .filter(([field, value]) => !isSame(now?.get(id)?.[field], value))
      .map(([field]) => `${id}.${field}`);
  });
  const gone = Object.entries(unset).flatMap(([id, names]) => {
    return names
      .filter((field) => then?.get(id)?.[field] === undefined && !(id in set))
      .map((field) => `${id}.${field} was not there`);
  });
  return [
    ...remove.filter((id) => then?.has(id) !== true).map((id) => `${id} was never shown`),
    ...put.filter((record) => !isSame(now?.get(record.id), record)).map(({ id }) => `${id} is not shown so`),
    ...fields,
    ...gone,
  ];
}

function idsOf({ put = [], set = {}, unset = {}, remove = [] }: CollectionDiff): string[] {
  return [...new Set([...put.map(({ id }) => id), ...Object.keys(set), ...Object.keys(unset), ...remove])];
}

function isSame(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

function canonical(value: unknown): string {
  if (value === null || typeof value !== "object") return String(JSON.stringify(value));
  return JSON.stringify(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, canonical(inner)]),
  );
}
