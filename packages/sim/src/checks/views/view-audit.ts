/** The view audit searches the wire of one connection for whatever its view does not show (promise P12, rules V12 and V16). */

import type { CollectionDiff, Diff, JsonValue, StateRecord } from "@neverstale/protocol";
import type { WireMessage } from "../../network/frames.ts";
import type { ViewName } from "../../plan/views/views.ts";
import type { RunCounters } from "../counters.ts";
import { type History, type HistoryMoment, NO_RECORDS, type OracleRecords, type Report } from "../history.ts";
import { difference, isSame } from "../same-state.ts";
import { fieldsShown, shownAt } from "./shown-moments.ts";

export class ViewAudit {
  readonly #options: ViewAuditOptions;
  /** The last message was a diff of nothing, which only a `sync` may follow. */
  #saidNothing = false;

  constructor(options: ViewAuditOptions) {
    this.#options = options;
  }

  /** Its client may see something else by now, so it is sent away. */
  get isOver(): boolean {
    return this.#options.view !== this.#options.granted();
  }

  /** A message is put, or its first part is. Behind parts something else may be due by then. */
  put(id: string, message: WireMessage, inParts: boolean): void {
    const { report, view, granted } = this.#options;
    if (this.isOver) report("V16", `${id} is put something of ${view}, and may see ${granted()} now`);
    const { type } = message;
    const wasNothing = this.#saidNothing;
    this.#saidNothing = false;
    if (wasNothing && type !== "sync" && type !== "error")
      report("V12", `${id} was sent a diff of nothing, and then a ${type}`);
    if (view === "everything") return;
    if (message.isFullState) this.#fullState(id, message);
    else if (type === "delta") this.#delta(id, message);
    if (inParts) this.#saidNothing = false;
    this.#noteView(message);
  }

  /** Whoever shows a position says by this id of which view it is. */
  #noteView({ text }: WireMessage): void {
    const name = /"view":"([^"]+)","ticket":/.exec(text.slice(0, FACTS_CHARS))?.[1];
    if (name !== undefined) this.#options.noteView(name);
  }

  #fullState(id: string, { text, version }: WireMessage): void {
    const { report, view, history } = this.#options;
    const moment = history()?.moments[version];
    if (moment === undefined) return;
    const { payload } = JSON.parse(text) as { payload: Record<string, StateRecord[]> };
    const told = Object.entries(payload).map(([name, records]) => {
      return [name, new Map(records.map((record) => [record.id, record]))] as const;
    });
    const where = difference(Object.fromEntries(told), shownAt(moment, view));
    if (where !== null) report("P12", `${id} is put a full state of ${view} with ${where}`);
  }

  #delta(id: string, { text, version }: WireMessage): void {
    const { report, view, history, counters } = this.#options;
    const { from, payload } = JSON.parse(text) as { from: number; payload: Diff };
    const moments = history()?.moments.slice(from, version + 1) ?? [];
    const [first, last] = [moments[0], moments.at(-1)];
    if (first === undefined || last === undefined || moments.length !== version - from + 1) return;
    this.#saidNothing = Object.keys(payload).length === 0;
    const between = [first, ...moments.slice(1).filter(({ whole }) => whole)];
    for (const [name, moved] of Object.entries(payload)) {
      for (const what of ["put", "remove", "set"] as const)
        if (moved[what] !== undefined) counters.add(`views_${what}`);
      const wrong = toldTooMuch(moved, name, {
        view,
        between,
        before: at(first, view, name),
        after: at(last, view, name),
      });
      if (wrong !== null)
        report("P12", `${id} is told too much of ${view} from ${from} to ${version}: ${name}/${wrong}`);
    }
  }
}

interface Told {
  readonly view: ViewName;
  readonly between: readonly HistoryMoment[];
  readonly before: OracleRecords;
  readonly after: OracleRecords;
}

function toldTooMuch(moved: CollectionDiff, name: string, told: Told): string | null {
  const { put = [], set = {}, unset = {}, remove = [] } = moved;
  const { before, after } = told;
  for (const id of remove) if (!before.has(id)) return `${id} is removed, and was never shown`;
  for (const record of put)
    if (!isSame(record, after.get(record.id))) return `${record.id} is put otherwise than it is shown`;
  for (const [id, fields] of Object.entries(set)) {
    for (const [field, value] of Object.entries(fields)) {
      const shown: JsonValue | undefined = after.get(id)?.[field];
      if (JSON.stringify(shown) !== JSON.stringify(value)) return `${id} has ${field} set, which is not shown so`;
    }
  }
  for (const [id, fields] of Object.entries(unset)) {
    const gone = fields.find(
      (field) => !told.between.some((moment) => field in (at(moment, told.view, name).get(id) ?? {})),
    );
    if (gone !== undefined) return `${id} has ${gone} unset, which was never shown`;
  }
  const ids = new Set([...put.map(({ id }) => id), ...Object.keys(set), ...Object.keys(unset), ...remove]);
  for (const id of ids) if (wasStill(id, name, told)) return `${id} is told of, and nothing has moved that is shown`;
  return null;
}

/** The record was shown alike, and by the same fields, all the time. */
function wasStill(id: string, name: string, { view, between }: Told): boolean {
  const looks = between.map((moment) => {
    const record = moment.state[name]?.get(id);
    return {
      shown: at(moment, view, name).get(id),
      fields: record === undefined ? null : fieldsShown(moment, view, name, record),
    };
  });
  const [first] = looks;
  return looks.every(({ shown, fields }) => fields === first?.fields && isSame(shown, first?.shown));
}

function at(moment: HistoryMoment, view: ViewName, name: string): OracleRecords {
  return shownAt(moment, view)[name] ?? NO_RECORDS;
}

export interface ViewAuditOptions {
  readonly report: Report;
  readonly counters: RunCounters;
  /** The connection was granted this view. */
  readonly view: ViewName;
  /** Its client may see this by now. */
  readonly granted: () => ViewName;
  readonly history: () => History | null;
  /** The connection is told that its view has this id. */
  readonly noteView: (id: string) => void;
}

/** The facts stand before the payload, within so many characters. */
const FACTS_CHARS = 4_000;
