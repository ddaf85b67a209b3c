import type { Change, JsonValue } from "@neverstale/protocol";

/**
 * How the changes of a group are stored: a JSON array. Most changes come in runs, of one type and with the same keys in
 * their data, as metrics do. Such a run is one array, `[type, [key, …], target, value, …, target, value, …]`: a third of the
 * bytes for the same work, and what a log costs is its bytes. A change that is alone stands as it is,
 * `{type, target, data}`.
 */
type Run = readonly [type: string, keys: readonly string[], ...JsonValue[]];

export function changesToText(changes: readonly Change[]): string {
  const entries: (Change | Run)[] = [];
  for (let from = 0; from < changes.length; ) {
    const first = changes[from] as Change;
    const keys = Object.keys(first.data);
    const to = endOfRun(changes, from, first.type, keys);
    entries.push(to - from === 1 ? first : runOf(changes, from, to, keys));
    from = to;
  }
  return JSON.stringify(entries);
}

function endOfRun(changes: readonly Change[], from: number, type: string, keys: readonly string[]): number {
  let to = from + 1;
  while (to < changes.length && continues(changes[to] as Change, type, keys)) to += 1;
  return to;
}

function continues({ type, data }: Change, ofType: string, keys: readonly string[]): boolean {
  if (type !== ofType) return false;
  let count = 0;
  for (const key in data) {
    if (keys[count] !== key) return false;
    count += 1;
  }
  return count === keys.length;
}

function runOf(changes: readonly Change[], from: number, to: number, keys: readonly string[]): Run {
  const run: [string, readonly string[], ...JsonValue[]] = [(changes[from] as Change).type, keys];
  for (let at = from; at < to; at += 1) {
    const { target, data } = changes[at] as Change;
    run.push(target);
    for (let key = 0; key < keys.length; key += 1) run.push(data[keys[key] as string] as JsonValue);
  }
  return run;
}

/** Throws a plain error for a text that `changesToText` didn't write. */
export function changesOfText(text: string): Change[] {
  const changes: Change[] = [];
  for (const entry of JSON.parse(text) as (Change | Run)[]) {
    if (Array.isArray(entry)) addRun(changes, entry as unknown as Run);
    else changes.push(entry as Change);
  }
  return changes;
}

function addRun(changes: Change[], run: Run): void {
  const [type, keys] = run;
  const width = keys.length + 1;
  if ((run.length - 2) % width !== 0) throw new Error(`a run of ${type} breaks off`);
  for (let at = 2; at < run.length; at += width) {
    const data: Record<string, JsonValue> = {};
    for (let key = 0; key < keys.length; key += 1) data[keys[key] as string] = run[at + 1 + key] as JsonValue;
    changes.push({ type, target: run[at] as string, data });
  }
}
