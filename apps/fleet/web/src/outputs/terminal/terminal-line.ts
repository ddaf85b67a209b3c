/** The open line is written and overwritten by columns, until it ends. It lives no longer than one `feed`. */

export interface Segment {
  readonly text: string;
  /** It is a style of terminal-style.ts. Plain text has an empty one. */
  readonly style: string;
  /** This is the address of a web page. */
  readonly link: string | null;
}

/** It is one row of text. */
export interface TerminalLine {
  readonly segments: readonly Segment[];
  /** The next row belongs to the same line of the output. */
  readonly goesOn: boolean;
}

/** It is the row that is being written. */
export interface OpenRow {
  readonly segments: readonly Segment[];
  /** While something is written before the end, these are the row's columns, and the one to which the next character goes. */
  readonly within: { readonly cells: readonly Segment[]; readonly column: number } | null;
  /** The row is as long as rows get, and says so: nothing more is added to it. */
  readonly full: boolean;
}

export const EMPTY_ROW: OpenRow = { segments: [], within: null, full: false };
/** A row is cut after so many characters, and says so: one endless line must not freeze the page. */
export const MAX_LINE = 4_000;
/** A row has no more segments. What comes behind the last one that has a style is plain. */
export const MAX_SEGMENTS = 400;
/** A character as a person sees it is not cut, unless it is longer than this. Then it is cut between its code points. */
const MAX_CLUSTER = 64;

export class OpenLine {
  #segments: Segment[];
  #units: number;
  #full: boolean;
  /** They stand in for the segments while something is written before the end. A column is one character, however wide it is drawn. */
  #cells: Segment[] | null = null;
  #column = 0;

  constructor({ segments, within, full }: OpenRow) {
    this.#segments = [...segments];
    this.#units = unitsOf(segments);
    this.#full = full;
    if (within !== null) [this.#cells, this.#column] = [[...within.cells], within.column];
  }

  get value(): OpenRow {
    const cells = this.#cells;
    const within = cells === null ? null : { cells: [...cells], column: this.#column };
    this.#toSegments();
    this.#cells = cells;
    return { segments: this.#segments, within, full: this.#full };
  }

  print(text: string, style: string, link: string | null): void {
    if (this.#column === this.#cells?.length) this.#toSegments();
    if (this.#cells === null) {
      if (!this.#full) this.#append(text, style, link);
      return;
    }
    this.#overwrite(this.#cells, text, style, link);
    if (this.#column === this.#cells.length) this.#toSegments(); // It is the same, however the text was cut.
  }

  end(goesOn: boolean): TerminalLine {
    this.#toSegments();
    const line = { segments: this.#segments, goesOn };
    this.#segments = [];
    this.#units = 0;
    this.#full = false;
    return line;
  }

  moveTo(column: number): void {
    if (column === 0 && this.#cells === null && this.#segments.length === 0) return;
    this.#toCells();
    this.#column = Math.min(column, MAX_LINE);
  }

  moveBy(columns: number): void {
    this.#toCells();
    this.#column = Math.max(0, Math.min(this.#column + columns, MAX_LINE));
  }

  /** 0 erases from the column on, 1 up to it, 2 the whole line. */
  erase(what: number): void {
    const cells = this.#toCells();
    if (what === 1) cells.fill(BLANK, 0, Math.min(this.#column + 1, cells.length - (this.#full ? 1 : 0)));
    else if (what === 0 || what === 2) {
      const kept = what === 2 ? 0 : this.#column;
      if (kept < cells.length) this.#full = false;
      cells.splice(kept);
    }
    this.#units = unitsOf(cells);
  }

  #append(text: string, style: string, link: string | null): void {
    const room = MAX_LINE - this.#units;
    this.#push({ text: text.slice(0, room + 1), style, link }); // One more than there is room for tells where to cut.
    if (text.length > room) this.#cut();
  }

  #overwrite(cells: Segment[], text: string, style: string, link: string | null): void {
    while (!this.#full && cells.length < this.#column) {
      cells.push(BLANK);
      this.#units += 1;
    }
    for (const cluster of clustersOf(text)) {
      const before = cells[this.#column - 1];
      if (before?.style === style && before.link === link && joins(before.text, cluster)) {
        cells[this.#column - 1] = { ...before, text: before.text + cluster };
        this.#units += cluster.length;
        continue;
      }
      if (this.#full && this.#column >= cells.length - 1) continue;
      this.#units += cluster.length - (cells[this.#column]?.text.length ?? 0);
      cells[this.#column] = { text: cluster, style, link };
      this.#column += 1;
    }
    if (this.#units > MAX_LINE && !this.#full) this.#cutCells();
  }

  #push({ text, style, link }: Segment): void {
    if (text === "") return;
    this.#units += text.length;
    const last = this.#segments.at(-1);
    const isMore = this.#segments.length >= MAX_SEGMENTS - 1 && (style !== last?.style || link !== last.link);
    const [shown, leads] = isMore ? ["", null] : [style, link];
    if (last !== undefined && ((last.style === shown && last.link === leads) || this.#segments.length >= MAX_SEGMENTS))
      this.#segments[this.#segments.length - 1] = { ...last, text: last.text + text };
    else this.#segments.push({ text, style: shown, link: leads });
  }

  /** The line has grown beyond its limit: it ends between two characters, with a sign. */
  #cut(): void {
    const kept = lastBoundary(this.#segments.map((segment) => segment.text).join(""));
    while (this.#units > kept) {
      const last = this.#segments.pop();
      if (last === undefined) break;
      this.#units -= last.text.length;
      if (this.#units < kept) this.#push({ ...last, text: last.text.slice(0, kept - this.#units) });
    }
    const last = this.#segments.pop() ?? { text: "", style: "", link: null };
    this.#segments.push({ ...last, text: `${last.text}…` });
    this.#units += 1;
    this.#full = true;
  }

  #cutCells(): void {
    const column = this.#column;
    this.#toSegments();
    this.#cut();
    this.#column = Math.min(column, this.#toCells().length);
  }

  #toCells(): Segment[] {
    if (this.#cells !== null) return this.#cells;
    const cells = this.#segments.flatMap((segment) =>
      clustersOf(segment.text).map((text) => ({ text, style: segment.style, link: segment.link })),
    );
    this.#cells = cells;
    this.#column = cells.length;
    return cells;
  }

  #toSegments(): void {
    const cells = this.#cells;
    if (cells === null) return;
    this.#cells = null;
    this.#segments = [];
    this.#units = 0;
    for (const cell of cells) this.#push(cell);
  }
}

const BLANK: Segment = { text: " ", style: "", link: null };

/** A letter with its marks, or an emoji of several. */
const CLUSTER = /\P{M}(?:[\p{M}\p{EMod}\u200d]|(?<=\u200d)\P{M})*|\p{M}+/gsu;

/** None of its characters combines with the one before it. */
const SIMPLE = /^[ -~\u00a0-\u02ff\u2500-\u25ff]*$/;

function clustersOf(text: string): string[] {
  return SIMPLE.test(text) ? text.split("") : Array.from(text.matchAll(CLUSTER), ([cluster]) => cluster);
}

function joins(before: string, cluster: string): boolean {
  return before.endsWith("\u200d") || (!SIMPLE.test(cluster) && /^[\p{M}\p{EMod}\u200d]/u.test(cluster));
}

function unitsOf(segments: readonly Segment[]): number {
  return segments.reduce((sum, segment) => sum + segment.text.length, 0);
}

/** It returns the last place before `MAX_LINE` at which a character ends: the sign goes there. Older browsers know code points only. */
function lastBoundary(line: string): number {
  const end = MAX_LINE - 1;
  const cluster = typeof Intl.Segmenter === "function" ? new Intl.Segmenter().segment(line).containing(end) : undefined;
  const start = cluster?.index ?? end;
  if (start > end - MAX_CLUSTER && start < end) return start;
  return isLowSurrogate(line.charCodeAt(end)) ? end - 1 : end;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
