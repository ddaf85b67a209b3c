import { useVirtualizer } from "@tanstack/react-virtual";
import { type MouseEvent, useCallback, useLayoutEffect, useRef } from "react";
import { useNavigation, useView } from "../state/navigation.ts";
import { nextSort } from "../state/place.ts";
import { HostLine } from "./host-line.tsx";
import type { HostColumn, HostRow } from "./host-order.ts";

/** Up to here every row is in the page, so that the browser's own find sees all of them. */
const ALL_ROWS_UP_TO = 250;
const ROW_HEIGHT = 45;

interface Column {
  /** What it sorts by; null: not at all. */
  readonly column: HostColumn | null;
  readonly word: string;
  /** Its cells have the class `cell-<cell>`. */
  readonly cell: string;
  readonly align: "start" | "end";
  /** What is most interesting stands at the end of its order. */
  readonly descendingFirst: boolean;
}

const HEADS: readonly Column[] = [
  { column: "name", word: "Host", cell: "host", align: "start", descendingFirst: false },
  { column: "status", word: "Status", cell: "status", align: "start", descendingFirst: false },
  { column: "cpu", word: "CPU", cell: "cpu", align: "start", descendingFirst: true },
  { column: "ram", word: "Memory", cell: "memory", align: "start", descendingFirst: true },
  { column: "disk", word: "Disk", cell: "disk", align: "start", descendingFirst: true },
  { column: "load", word: "Load", cell: "load", align: "end", descendingFirst: true },
  { column: "seen", word: "Last seen", cell: "last-seen", align: "end", descendingFirst: false },
  { column: null, word: "Tags", cell: "tags", align: "start", descendingFirst: false },
];

export interface HostTableProps {
  readonly rows: readonly HostRow[];
  readonly chosen: ReadonlySet<string>;
  readonly onChoose: (chosen: ReadonlySet<string>) => void;
  /** Wants to run something on this one host; null when this user may not. */
  readonly onRun: ((id: string) => void) | null;
  /** The pointer is in the table: its rows must not move. */
  readonly onPointedAt: (pointed: boolean) => void;
}

export function HostTable({ rows, chosen, onChoose, onRun, onPointedAt }: HostTableProps) {
  const view = useView();
  const scroller = useRef<HTMLDivElement>(null);
  const window = useRowWindow(rows, scroller);
  const toggle = useToggle(rows, chosen, onChoose);
  const all = rows.length > 0 && rows.every((row) => chosen.has(row.host.id));
  const some = rows.some((row) => chosen.has(row.host.id));
  // Those that a filter hides stay chosen: the bar below names them.
  const toggleAll = () => {
    const next = new Set(chosen);
    for (const { host } of rows) all ? next.delete(host.id) : next.add(host.id);
    onChoose(next);
  };

  return (
    <div className="table-scroll" ref={scroller}>
      <table className="table hosts" aria-rowcount={rows.length + 1}>
        <thead>
          <tr>
            <th scope="col" className="cell-check">
              <label className="check-target">
                <input
                  type="checkbox"
                  className="checkbox"
                  aria-label="Select all hosts that are shown"
                  checked={all}
                  ref={(box) => {
                    if (box !== null) box.indeterminate = some && !all;
                  }}
                  onChange={toggleAll}
                />
              </label>
            </th>
            {HEADS.map((head) => (
              <Head key={head.word} {...head} />
            ))}
            <th scope="col">
              <span className="visually-hidden">Action</span>
            </th>
          </tr>
        </thead>
        <tbody onPointerEnter={() => onPointedAt(true)} onPointerLeave={() => onPointedAt(false)}>
          {window.before > 0 && <Spacer height={window.before} />}
          {window.rows.map(({ row, index }) => (
            <HostLine
              key={row.host.id}
              host={row.host}
              metrics={row.metrics}
              index={index}
              chosen={chosen.has(row.host.id)}
              open={view.screen === "hosts" && view.open === row.host.id}
              onToggle={toggle}
              onRun={onRun}
            />
          ))}
          {window.after > 0 && <Spacer height={window.after} />}
        </tbody>
      </table>
    </div>
  );
}

function Head({ column, word, cell, align, descendingFirst }: Column) {
  const navigation = useNavigation();
  const view = useView();
  const className = `cell-${cell}${align === "end" ? " is-number" : ""}`;
  if (column === null) {
    return (
      <th scope="col" className={className}>
        {word}
      </th>
    );
  }
  const direction = directionOf(view.sort, column);
  const sort = () => navigation.replace({ ...view, sort: nextSort(view.sort, column, descendingFirst) });
  return (
    <th scope="col" className={className} aria-sort={direction}>
      <button type="button" className="head-button" onClick={sort}>
        {word}
        <span className="head-arrow" aria-hidden="true">
          {ARROWS[direction]}
        </span>
      </button>
    </th>
  );
}

const ARROWS = { ascending: "↑", descending: "↓", none: "" } as const;

function directionOf(sort: string, column: HostColumn): keyof typeof ARROWS {
  if (sort === column) return "ascending";
  return sort === `-${column}` ? "descending" : "none";
}

function Spacer({ height }: { readonly height: number }) {
  return (
    <tr>
      <td className="spacer" colSpan={HEADS.length + 2} style={{ height }} />
    </tr>
  );
}

/** Which rows are in the page: all of a short list, those near the view of a long one. */
function useRowWindow(rows: readonly HostRow[], scroller: React.RefObject<HTMLDivElement | null>) {
  const long = rows.length > ALL_ROWS_UP_TO;
  const virtualizer = useVirtualizer({
    count: rows.length,
    enabled: long,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
    getItemKey: (index) => rows[index]?.host.id ?? index,
  });
  if (!long) return { before: 0, after: 0, rows: rows.map((row, index) => ({ row, index })) };
  const items = virtualizer.getVirtualItems();
  const shown = items.flatMap(({ index }) => {
    const row = rows[index];
    return row === undefined ? [] : [{ row, index }];
  });
  return { before: items[0]?.start ?? 0, after: virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0), rows: shown };
}

/** A click chooses a row; with Shift, all from the one clicked before. The same function always: rows are drawn once. */
function useToggle(rows: readonly HostRow[], chosen: ReadonlySet<string>, onChoose: HostTableProps["onChoose"]) {
  const latest = useRef({ rows, chosen, onChoose });
  const anchor = useRef<string | null>(null);
  useLayoutEffect(() => {
    latest.current = { rows, chosen, onChoose };
  });
  return useCallback((id: string, event: MouseEvent) => {
    const { rows, chosen, onChoose } = latest.current;
    const next = new Set(chosen);
    const wanted = !chosen.has(id);
    const ids = event.shiftKey && anchor.current !== null ? between(rows, anchor.current, id) : [id];
    for (const each of ids) wanted ? next.add(each) : next.delete(each);
    anchor.current = id;
    onChoose(next);
  }, []);
}

function between(rows: readonly HostRow[], from: string, to: string): readonly string[] {
  const ids = rows.map((row) => row.host.id);
  const [start, end] = [ids.indexOf(from), ids.indexOf(to)].sort((a, b) => a - b);
  return start === undefined || start < 0 ? [to] : ids.slice(start, (end ?? start) + 1);
}
