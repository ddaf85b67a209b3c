/** Each reading, writing and deletion where queues are kept is decided here (rules U6, U19 and U20). */

import type { Millis } from "@neverstale/base";
import type { LineEntry } from "../line.ts";
import type { FoundLines, KeptLine, KeptMutation, LinesStep, LineWriting } from "./queue-place.ts";

/** All lines of one database hold so much together. */
export interface QueueBounds {
  readonly mutations: number;
  readonly bytes: number;
}

/** A mutation that was asked for longer ago is not sent any more. */
export const LONGEST_QUEUED_MS: Millis = 7 * 24 * 60 * 60 * 1000;
/** It is known of so many users how often they have dropped everything. */
const MOST_ERAS = 64;

/** A page knows this of a line as it is kept. */
export interface KnownLine {
  readonly settled: number;
  readonly sent: number;
  /** The mutations of these numbers are kept. */
  readonly numbers: ReadonlySet<number>;
}

/** The queue of a page should be kept like this. */
export interface WantedLine {
  readonly line: string;
  readonly settled: number;
  readonly mutations: readonly KeptMutation[];
}

/** All that has no outcome is kept, but for what was dropped: its number is missing, and never given to anything else. */
export function wantedLines(
  entries: readonly LineEntry[],
  stays: (entry: LineEntry) => boolean = () => true,
): readonly WantedLine[] {
  const open = new Map<string, LineEntry[]>();
  for (const entry of entries.filter(({ outcome }) => outcome === null))
    open
      .set(entry.line, open.get(entry.line) ?? [])
      .get(entry.line)
      ?.push(entry);
  return [...open].map(([line, all]) => {
    const mutations = all.filter((entry) => !entry.isDropped && stays(entry)).map(keptAs);
    return { line, settled: Math.min(...all.map(({ n }) => n)) - 1, mutations };
  });
}

function keptAs({ line, n, name, revision, args, at, now, bytes, isOptimistic }: LineEntry): KeptMutation {
  return { line, n, name, revision, args, at, now, bytes, isOptimistic };
}

/** It is to be written, for a user and an address. */
export interface QueueWriting {
  readonly drop: readonly string[];
  readonly write: readonly LineWriting[];
}

/** `sent` says up to which number a line is about to be sent. It returns null where all is kept as it should be. */
export function writingOf(
  wanted: readonly WantedLine[],
  known: ReadonlyMap<string, KnownLine>,
  sent: ReadonlyMap<string, number>,
  { user, address }: Pick<KeptLine, "user" | "address">,
): QueueWriting | null {
  const waiting = wanted.filter(({ mutations }) => mutations.length > 0);
  const drop = [...known.keys()].filter((line) => !waiting.some((one) => one.line === line));
  const write = waiting.flatMap(({ line, settled, mutations }): LineWriting[] => {
    const { numbers, ...before } = known.get(line) ?? NOTHING_KEPT;
    const upTo = Math.max(before.sent, sent.get(line) ?? 0);
    const put = mutations.filter(({ n }) => !numbers.has(n));
    const left = new Set(mutations.map(({ n }) => n));
    const remove = [...numbers].filter((n) => !left.has(n));
    if (put.length + remove.length === 0 && upTo === before.sent && settled === before.settled) return [];
    const [count, bytes, at] = [mutations.length, sum(mutations), Math.max(...mutations.map((one) => one.at))];
    return [{ line: { line, user, address, at, settled, sent: upTo, count, bytes }, put, remove }];
  });
  return drop.length + write.length === 0 ? null : { drop, write };
}

const NOTHING_KEPT: KnownLine = { settled: 0, sent: 0, numbers: new Set() };

export interface QueueWritten {
  /** It was written. Null: the user has dropped everything in another page, and nothing may be kept any more. */
  readonly writing: QueueWriting | null;
  /** There is no room for these. */
  readonly denied: readonly KeptMutation[];
}

/** A page writes what has changed of its own lines, as far as there is room for it. */
export function writeQueueStep(
  found: FoundLines,
  { drop, write }: QueueWriting,
  { user, era, bounds }: { readonly user: string; readonly era: number; readonly bounds: QueueBounds },
): [QueueWritten, LinesStep] {
  if ((found.eras[user] ?? 0) !== era) return [{ writing: null, denied: [] }, {}];
  const own = new Set([...drop, ...write.map(({ line }) => line.line)]);
  const others = found.lines.filter(({ line }) => !own.has(line));
  const left = write.flatMap(({ line, put }) => ({ count: line.count - put.length, bytes: line.bytes - sum(put) }));
  const room = {
    mutations: bounds.mutations - [...others, ...left].reduce((all, { count }) => all + count, 0),
    bytes: bounds.bytes - sum([...others, ...left]),
  };
  const denied: KeptMutation[] = [];
  const fitting = write.map(({ line, put, remove }): LineWriting => {
    const taken = put.filter((one) => {
      const fits = room.mutations >= 1 && room.bytes >= one.bytes;
      if (!fits) denied.push(one);
      room.mutations -= fits ? 1 : 0;
      room.bytes -= fits ? one.bytes : 0;
      return fits;
    });
    const [count, bytes] = [line.count - put.length + taken.length, line.bytes - sum(put) + sum(taken)];
    return { line: { ...line, count, bytes }, put: taken, remove };
  });
  const writing = { drop, write: fitting.filter(({ line }) => line.count > 0) };
  const emptied = fitting.filter(({ line }) => line.count === 0).map(({ line }) => line.line);
  return [
    { writing, denied },
    { drop: [...drop, ...emptied], write: writing.write },
  ];
}

/** A page looks for lines of its user that were left, the oldest first. It holds those of `held` itself. */
export function leftLines(
  found: FoundLines,
  { user, address }: Pick<KeptLine, "user" | "address">,
  held: ReadonlySet<string>,
): readonly string[] {
  return found.lines
    .filter((line) => line.user === user && line.address === address && !held.has(line.line))
    .sort((a, b) => a.at - b.at)
    .map(({ line }) => line);
}

export interface TakenLine extends KnownLine {
  readonly line: string;
  readonly mutations: readonly KeptMutation[];
  /** Nothing of these is asked for any more. */
  readonly expired: readonly KeptMutation[];
}

/** A page takes up lines whose locks it holds. What is too old goes. */
export function takeUpStep(
  found: FoundLines,
  lines: readonly string[],
  wall: number,
): [readonly TakenLine[], LinesStep] {
  const rows = found.lines.filter(({ line }) => lines.includes(line));
  const taken = rows.map(({ line, settled, sent }): TakenLine => {
    const all = found.mutations.filter((one) => one.line === line).sort((a, b) => a.n - b.n);
    const [expired, mutations] = [all.filter((one) => isTooOld(one, wall)), all.filter((one) => !isTooOld(one, wall))];
    return { line, settled, sent, mutations, expired, numbers: new Set(mutations.map(({ n }) => n)) };
  });
  const write = rows.flatMap((row, index): LineWriting[] => {
    const { mutations = [], expired = [] } = taken[index] ?? {};
    if (expired.length === 0 || mutations.length === 0) return [];
    const line = { ...row, count: mutations.length, bytes: sum(mutations) };
    return [{ line, put: [], remove: expired.map(({ n }) => n) }];
  });
  return [taken, { write, drop: taken.filter(({ mutations }) => mutations.length === 0).map(({ line }) => line) }];
}

/** A clock that was set back makes an age that nobody knows. */
function isTooOld({ at }: Pick<KeptMutation, "at">, wall: number): boolean {
  return Math.abs(wall - at) > LONGEST_QUEUED_MS;
}

/**
 * A page begins. All that users have dropped, and could not be deleted then, goes. So does what others have left that nobody would send any
 * more: the page takes up its own and is told of that.
 */
export function beginStep(
  found: FoundLines,
  { user, address }: Pick<KeptLine, "user" | "address">,
  { doomed, wall }: { readonly doomed: readonly string[]; readonly wall: number },
): LinesStep {
  const { drop = [], ...step } = dropStep(found, doomed);
  const others = found.lines.filter((line) => line.user !== user || line.address !== address);
  const old = others.filter((line) => isTooOld(line, wall) && !drop.includes(line.line));
  return { ...step, drop: [...drop, ...old.map(({ line }) => line)] };
}

/** All that these users have asked for goes, and what their other pages are about to write is not written. */
export function dropStep(found: FoundLines, users: readonly string[]): LinesStep {
  if (users.length === 0) return {};
  const gone = found.lines.filter(({ user }) => users.includes(user));
  const others = Object.entries(found.eras).filter(([user]) => !users.includes(user));
  const raised = users.map((user): [string, number] => [user, (found.eras[user] ?? 0) + 1]);
  return {
    drop: gone.map(({ line }) => line),
    eras: Object.fromEntries([...others, ...raised].slice(-MOST_ERAS)),
  };
}

function sum(all: readonly { readonly bytes: number }[]): number {
  return all.reduce((bytes, one) => bytes + one.bytes, 0);
}
