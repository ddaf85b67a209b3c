/** The oracle is the judge: a second, simpler reducer over the durable log. */

import {
  type Change,
  type JsonObject,
  type JsonValue,
  type Model,
  type Position,
  RECORD_EVICTED,
  VIEWS_REBUILT,
} from "@neverstale/protocol";
import type { Limits } from "@neverstale/server";
import type { CommitGroup, HistoryRow, SpaceCommit } from "@neverstale/server/store";
import { EpochHistories } from "./chain/epoch-histories.ts";
import type { RunCounters } from "./counters.ts";
import { heldIn, wrongRows } from "./ended-spaces.ts";
import { counted, wrongEviction } from "./evictions.ts";
import {
  type Branch,
  type CommitFacts,
  History,
  type HistoryMoment,
  NO_RECORDS,
  type OracleState,
  type Report,
} from "./history.ts";
import { loggedChanges } from "./logged.ts";
import { INTENT, type MutationJudge } from "./mutations/mutation-judge.ts";
import { beyondSize } from "./sizes.ts";
import { keysByAfter } from "./views/keys-of-releases.ts";

/**
 * It hears of a change when the disk has it, not when the authority says so. It remembers every state that was ever true,
 * by epoch.
 */
export class Oracle {
  readonly #report: Report;
  readonly #counters: RunCounters;
  readonly #epochs = new EpochHistories();
  readonly #given = new Map<string, string>();
  /** It judges what pages have asked for. */
  mutations: MutationJudge | null = null;

  readonly #limits: Partial<Limits>;

  /** `limits` are those that the run has scaled down. */
  constructor(report: Report, counters: RunCounters, limits: Partial<Limits> = {}) {
    this.#limits = limits;
    this.#report = report;
    this.#counters = counters;
  }

  hasBegun(epoch: string): boolean {
    return this.#epochs.has(epoch);
  }

  /** An epoch is in the store. From here on its history is what the image holds. */
  begin(epoch: string, branch: Branch): void {
    if (this.#epochs.has(epoch)) this.#report("E1", `the epoch ${epoch} is drawn twice`);
    this.#epochs.begin(epoch, branch);
  }

  /** The newest epoch of a branch may go on in another one that has split off. */
  splitOff(branch: Branch): void {
    this.#epochs.splitOff(branch);
  }

  /** It returns what was true at a position, or null when nothing ever was. */
  momentAt(position: Position): HistoryMoment | null {
    return this.historyOf(position)?.moments[position.version] ?? null;
  }

  historyOf({ epoch, space }: Omit<Position, "version">): History | null {
    return this.#epochs.longest(epoch, space);
  }

  /** It returns the last version of the space in an epoch, where it leads to `today`. It is null where it does not, or has no such space. */
  endOf({ epoch, space }: Omit<Position, "version">, today: string): number | null {
    return this.#epochs.endOf(epoch, space, today);
  }

  /** A group is durable. Its meaning is that of the release that wrote it. */
  commit(branch: Branch, group: CommitGroup, { epoch, now, models }: CommitFacts): void {
    for (const space of group.spaces) {
      this.#append(branch, space, { epoch, now, models });
      if (space.removed) this.#end(branch, space, group.history, now);
    }
  }

  #end(branch: Branch, { name, archived }: SpaceCommit, rows: readonly HistoryRow[], now: number): void {
    const history = branch.spaces.get(name);
    if (history !== undefined) {
      const { creationId } = history;
      const ended = { name, archived, held: heldIn(history.head.state) };
      const wrong = wrongRows(
        ended,
        rows.filter((row) => row.creationId === creationId),
      );
      if (wrong !== null) this.#report("S9", `${name} ends, and ${wrong}`);
      branch.ended.set(creationId, ended);
    }
    branch.spaces.delete(name);
    branch.removedAt.set(name, now);
    this.#counters.add("spaces_removed");
    this.#counters.add(archived ? "spaces_archived" : "spaces_deleted");
  }

  #append(branch: Branch, space: CommitGroup["spaces"][number], { epoch, now, models }: CommitFacts): void {
    const model = models.of(space.name);
    if (space.creationId !== null) this.#make(branch, space.name, space.creationId, { epoch, now, models });
    const history = branch.spaces.get(space.name);
    if (history === undefined) return this.#report("P3", `changes of a space that is not there: ${space.name}`);
    if (space.lastVersion < space.firstVersion) {
      if (space.creationId !== null && space.name !== "main") this.#counters.add("spaces_made_empty");
      return;
    }
    if (space.firstVersion !== history.moments.length) {
      this.#report("P3", `${space.name} goes on at ${space.firstVersion}, after ${history.head.version}`);
    }
    const changes = loggedChanges(space.changes.text);
    const before = history.head.state;
    const keysBy = keysByAfter(changes, history.head, models);
    for (const [index, change] of changes.entries()) {
      this.#give(epoch, history, change);
      if (change.type === "lines_dropped") this.mutations?.droppedLines(change);
      const wrong = wrongEviction(model, history, change);
      if (wrong !== null) this.#report("S3", `${history.name} evicts at ${history.moments.length}: ${wrong}`);
      if (change.type === VIEWS_REBUILT) this.#counters.add("views_rebuilt");
      history.moments.push({ ...after(model, history, change, index === changes.length - 1, now), keysBy });
    }
    this.#checkKeep(model, history, before);
    const tooLarge = beyondSize(this.#limits, before, history.moments.slice(space.firstVersion), space.changes.text);
    if (tooLarge !== null) this.#report("S8", `${history.name} ${space.lastVersion}: ${tooLarge}`);
  }

  #make(branch: Branch, name: string, creationId: string, { epoch, now, models }: CommitFacts): void {
    const history = new History(name, creationId, [emptyMoment(models.of(name), now)], now);
    if (branch.removedAt.has(name)) this.#counters.add("spaces_made_again");
    branch.spaces.set(name, history);
    this.#epochs.made(epoch, history);
  }

  /** By promise P3 nobody is given a version a second time, for another change. */
  #give(epoch: string, history: History, change: Change): void {
    const place = `${epoch} ${history.creationId} ${history.moments.length}`;
    const text = JSON.stringify(change);
    const before = this.#given.get(place);
    if (before !== undefined && before !== text) this.#report("P3", `two changes were given ${place}`);
    this.#given.set(place, text);
    const key = keyOf(change);
    if (key?.startsWith(INTENT) === true) return this.mutations?.committed(key, change, history);
    if (key !== null && history.effectsUnder(key, history.head.version) > 0) {
      this.#report("D1", `the key ${key} takes effect a second time at ${place}`);
    }
  }

  /** By rule S3 there are never more records than the collection keeps, as seen from outside. */
  #checkKeep(model: Model, history: History, before: OracleState): void {
    const { state, version } = history.head;
    for (const [name, { keep }] of Object.entries(model.collections)) {
      if (keep === null || state[name] === before[name]) continue;
      const { length } = counted(keep, state[name] ?? NO_RECORDS);
      if (length > keep.newest) this.#report("S3", `${history.name} keeps ${length} ${name} at ${version}`);
    }
  }
}

function emptyMoment(model: Model, at: number): HistoryMoment {
  const state = Object.fromEntries(Object.keys(model.collections).map((name) => [name, new Map()]));
  return { version: 0, state, whole: true, at, change: null, key: null, keysBy: 0 };
}

function after(
  model: Model,
  history: History,
  change: Change,
  whole: boolean,
  at: number,
): Omit<HistoryMoment, "keysBy"> {
  const { version, state } = history.head;
  const next = reduce(model, state, change);
  return { version: version + 1, state: next, whole, at, change, key: keyOf(change) };
}

/** Changes of these types say under which key they were asked for. */
const KEYED: readonly string[] = ["command_started", "event", "register_set"];

function keyOf({ type, data }: Change): string | null {
  return KEYED.includes(type) && typeof data.key === "string" ? data.key : null;
}

/** It returns the state after an effective change. Records and collections that the change doesn't concern are shared. */
export function reduce(model: Model, state: OracleState, change: Change): OracleState {
  if (change.type === VIEWS_REBUILT) return state;
  const evicts = change.type === RECORD_EVICTED;
  const rule = evicts ? null : model.changes[change.type];
  const name = evicts ? (change.data.collection as string) : (rule?.collection as string);
  const id = (change.data.id ?? change.target) as string;
  const records = new Map(state[name]);
  const before = records.get(id);
  if (rule?.kind === "put") records.set(id, { ...change.data, id });
  else if (rule?.kind !== "patch") records.delete(id);
  else if (before !== undefined) records.set(id, { ...(merged(before, change.data) as JsonObject), id });
  return { ...state, [name]: records };
}

/** This is RFC 7396, as its text has it. */
function merged(target: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (!isObject(patch)) return patch;
  const result: Record<string, JsonValue> = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(Object.hasOwn(result, key) ? result[key] : undefined, value);
  }
  return result;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
