/** The output of a command is followed over a connection of its own for as long as somebody looks at it, and read in parts where somebody scrolls. */

import type { StateSync, SyncView } from "@neverstale/client";
import type { OutputState, OutputStatus } from "@neverstale/fleet-domain";
import { OUTPUT_STATUS_ID } from "@neverstale/fleet-domain/schema-free";
import {
  addable,
  append,
  EMPTY_WINDOW,
  holdsLine,
  isWindowFull,
  type LoadedPiece,
  type OutputWindow,
  prepend,
  windowBegin,
  windowEnd,
  windowOf,
  withoutEnd,
  withoutStart,
} from "./output-window.ts";
import type { OutputSources, Outputs } from "./outputs.ts";

export interface OutputSnapshot {
  readonly window: OutputWindow;
  /** Nothing that is kept stands before the window. */
  readonly atStart: boolean;
  /** The window goes on as the output grows. */
  readonly atEnd: boolean;
  /** The end is kept in sight. */
  readonly follows: boolean;
  /** So many lines have come since it is not. Null means that nobody counted. */
  readonly newLines: number | null;
  readonly status: OutputStatus | null;
  readonly loading: Asked | null;
  /** The last part that was asked for did not come, for this reason. */
  readonly problem: string | null;
  /** This line is to be brought into sight, once for each `turn`. */
  readonly target: Target | null;
  readonly view: SyncView;
  readonly confirmedAgeMs: number | null;
}

type Asked = "older" | "newer" | "place";

interface Target {
  readonly line: number;
  readonly turn: number;
}

export class ShownOutput {
  readonly #sync: StateSync<OutputState>;
  readonly #load: (query: Readonly<Record<string, number>>) => Promise<readonly LoadedPiece[]>;
  readonly #listeners = new Set<() => void>();
  #snapshot: OutputSnapshot;
  #linesAtPause: number | null = null;
  /** An answer to what was asked before the window moved elsewhere comes too late. */
  #turn = 0;

  constructor({ follow, getText }: OutputSources, commandId: string) {
    this.#sync = follow(commandId);
    this.#load = async (query) => piecesIn(await getText(piecesPath(commandId, query)));
    this.#snapshot = {
      window: EMPTY_WINDOW,
      atStart: false,
      atEnd: true,
      follows: true,
      newLines: null,
      status: null,
      loading: null,
      problem: null,
      target: null,
      ...this.#views(),
    };
    this.#sync.subscribe(() => this.#changed());
  }

  get snapshot(): OutputSnapshot {
    return this.#snapshot;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#sync.start();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#sync.stop();
    };
  };

  close = (): void => {
    this.#sync.stop();
  };

  /** Whoever scrolls up keeps what is in sight, and whoever comes to the end again follows it. */
  setFollows(follows: boolean): void {
    const { snapshot } = this;
    if (snapshot.follows === follows) return;
    this.#linesAtPause = follows ? null : (snapshot.status?.lines ?? null);
    this.#update({ follows, newLines: null });
    if (follows) this.goToEnd();
  }

  goToEnd(): void {
    this.#linesAtPause = null;
    if (this.#snapshot.atEnd) return this.#update({ follows: true, newLines: null });
    this.#begin(windowOf(this.#tail()), { follows: true, newLines: null, atEnd: true });
  }

  async loadOlder(): Promise<void> {
    const { window, atStart, loading } = this.#snapshot;
    const begin = windowBegin(window);
    if (begin === null || atStart || loading !== null) return;
    if (begin === 0) return this.#update({ atStart: true });
    const loaded = await this.#asked("older", { before: begin, limit: this.#piecesAtOnce() });
    if (loaded === null) return;
    const pieces = addable(loaded, "last");
    const grown = prepend(this.#snapshot.window, pieces);
    const kept = this.#snapshot.follows ? grown : withoutEnd(grown);
    this.#update({
      window: kept,
      loading: null,
      atStart: pieces.length === 0 || pieces[0]?.offset === 0,
      atEnd: this.#snapshot.atEnd && kept.length === grown.length,
    });
  }

  async loadNewer(): Promise<void> {
    const { window, atEnd, loading } = this.#snapshot;
    const end = windowEnd(window);
    if (end === null || atEnd || loading !== null) return;
    const loaded = await this.#asked("newer", { from: end, limit: this.#piecesAtOnce() });
    if (loaded === null) return;
    const pieces = addable(
      loaded.filter(({ offset }) => offset >= end),
      "first",
    );
    const grown = append(this.#snapshot.window, pieces);
    const kept = withoutStart(grown);
    const atStart = this.#snapshot.atStart && kept.length === grown.length;
    const [tail] = this.#tail();
    this.#update({
      window: kept,
      loading: null,
      atStart,
      atEnd: tail === undefined || (windowEnd(kept) ?? 0) >= tail.offset,
    });
    this.#changed();
  }

  async goToLine(line: number): Promise<void> {
    this.#leaveEnd();
    if (holdsLine(this.#snapshot.window, line)) return this.#aim(line);
    this.#turn += 1;
    this.#update({ loading: null });
    const pieces = await this.#asked("place", { line, limit: this.#piecesAtOnce() });
    if (pieces === null) return;
    const window = withoutEnd(windowOf(addable(pieces, "first")));
    if (!holdsLine(window, line)) {
      this.#update({ loading: null, problem: missing(line) });
      return this.#changed();
    }
    this.#begin(window, { atEnd: false });
    this.#aim(line);
  }

  async goToStart(): Promise<void> {
    this.#leaveEnd();
    const { window, atStart } = this.#snapshot;
    const line = window[0]?.pieces[0]?.line;
    if (atStart && line !== undefined) return this.#aim(line);
    this.#turn += 1;
    this.#update({ loading: null });
    const pieces = await this.#asked("place", { from: 0, limit: this.#piecesAtOnce() });
    if (pieces === null) return;
    this.#begin(withoutEnd(windowOf(addable(pieces, "first"))), { atEnd: false, atStart: true });
    this.#aim(pieces[0]?.line ?? 1);
  }

  #aim(line: number): void {
    this.#update({ target: { line, turn: (this.#snapshot.target?.turn ?? 0) + 1 }, problem: null });
  }

  #leaveEnd(): void {
    if (this.#snapshot.follows) this.setFollows(false);
  }

  /** It returns null when nobody waits for the answer any more, or none came. */
  async #asked(loading: Asked, query: Readonly<Record<string, number>>): Promise<readonly LoadedPiece[] | null> {
    const turn = this.#turn;
    this.#update({ loading, problem: null });
    try {
      const pieces = await this.#load(query);
      return turn === this.#turn ? pieces : null;
    } catch (error) {
      const problem = error instanceof Error ? error.message : "This part did not come.";
      if (turn === this.#turn) this.#update({ loading: null, problem });
      return null;
    }
  }

  /** Programs that write seldom make small pieces. About so much is asked for at once as fills some screens. */
  #piecesAtOnce(): number {
    const pieces = this.#snapshot.window.flatMap((part) => part.pieces);
    const bytes = pieces.reduce((sum, piece) => sum + piece.bytes, 0);
    const each = pieces.length === 0 ? 4_096 : bytes / pieces.length;
    return Math.max(4, Math.min(500, Math.ceil(65_536 / each)));
  }

  #changed(): void {
    const status = this.#sync.state.status.get(OUTPUT_STATUS_ID) ?? null;
    const newLines = this.#linesAtPause === null ? null : (status?.lines ?? 0) - this.#linesAtPause;
    this.#update({ ...this.#views(), status, newLines });
    const { window, atEnd, follows, loading } = this.#snapshot;
    if (!atEnd || loading === "place") return; // Somebody is on the way to another place.
    const tail = this.#tail();
    const end = windowEnd(window);
    const wentBack = status !== null && end !== null && status.bytes < end; // The server came back from a backup.
    if (end === null || wentBack) return this.#begin(windowOf(tail), { atEnd: true });
    const fresh = tail.filter(({ offset }) => offset >= end);
    if (fresh.length === 0) return;
    const isHole = fresh[0]?.offset !== end;
    if (isHole && follows) return this.#begin(windowOf(tail), { atEnd: true });
    if (isHole || (!follows && isWindowFull(append(window, fresh)))) return this.#update({ atEnd: false });
    const grown = append(window, fresh);
    const kept = follows ? withoutStart(grown) : grown;
    this.#update({ window: kept, atStart: this.#snapshot.atStart && kept.length === grown.length });
  }

  #begin(window: OutputWindow, more: Partial<OutputSnapshot>): void {
    this.#turn += 1;
    const begin = windowBegin(window);
    this.#update({ window: withoutStart(window), atStart: begin === 0, loading: null, ...more });
  }

  /** It returns what the replica holds of the end, in order. */
  #tail(): readonly LoadedPiece[] {
    return [...this.#sync.list("chunks")].sort((a, b) => a.offset - b.offset);
  }

  #views(): Pick<OutputSnapshot, "view" | "confirmedAgeMs"> {
    return { view: this.#sync.view, confirmedAgeMs: this.#sync.confirmedAgeMs };
  }

  #update(part: Partial<OutputSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...part };
    for (const listener of this.#listeners) listener();
  }
}

/** All open outputs are shown ones: nothing else is opened. */
export function shownOutput(outputs: Outputs, commandId: string): ShownOutput {
  return (outputs as Outputs<ShownOutput>).of(commandId, (sources, id) => new ShownOutput(sources, id));
}

function piecesPath(commandId: string, query: Readonly<Record<string, number>>): string {
  const all = new URLSearchParams({ format: "pieces" });
  for (const [name, value] of Object.entries(query)) all.set(name, String(value));
  return `/api/commands/${encodeURIComponent(commandId)}/output?${all}`;
}

function piecesIn(text: string): readonly LoadedPiece[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as LoadedPiece);
}

function missing(line: number): string {
  return `Line ${line.toLocaleString("en")} is not there. It has not been written, or was let go of, or is of an output whose lines nobody counted.`;
}
