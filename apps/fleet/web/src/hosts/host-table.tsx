/** The table draws a row for each host: all rows of a short list, and those near the view of a long one. */

import { useVirtualizer } from "@tanstack/react-virtual";
import { type MouseEvent, type RefObject, useCallback, useLayoutEffect, useRef } from "react";
import { useNavigation, usePlace } from "../state/navigation.ts";
import { nextSort } from "../state/place.ts";
import { useChosenHosts, useChosenIds } from "./chosen-hosts.ts";
import { HostLine } from "./host-line.tsx";
import type { HostColumn } from "./host-order.ts";

export interface HostTableProps {
  /** These hosts are shown, in this order. */
  readonly ids: readonly string[];
  /** Somebody wants to run something on this one host. Null means that this user may not. */
  readonly onRun: ((id: string) => void) | null;
  /** While the pointer is in the table, its rows must not move. */
  readonly onPointedAt: (pointed: boolean) => void;
}

export function HostTable({ ids, onRun, onPointedAt }: HostTableProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const window = useRowWindow(ids, scroller);
  const toggle = useToggle(ids);
  return (
    <div className="table-scroll" ref={scroller}>
      <table className="table hosts" aria-rowcount={ids.length + 1}>
        <thead>
          <tr>
            <th scope="col" className="cell-check">
              <ChooseAll ids={ids} />
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
          {window.rows.map(({ id, index }) => (
            <HostLine key={id} id={id} index={index} onToggle={toggle} onRun={onRun} />
          ))}
          {window.after > 0 && <Spacer height={window.after} />}
        </tbody>
      </table>
    </div>
  );
}

/** Hosts that the filter hides stay chosen: the bar below names them. */
function ChooseAll({ ids }: { readonly ids: readonly string[] }) {
  const chosen = useChosenHosts();
  const chosenIds = useChosenIds();
  const all = ids.length > 0 && ids.every((id) => chosenIds.has(id));
  const some = ids.some((id) => chosenIds.has(id));
  return (
    <label className="check-target">
      <input
        type="checkbox"
        className="checkbox"
        aria-label="Select all hosts that are shown"
        checked={all}
        ref={(box) => {
          if (box !== null) box.indeterminate = some && !all;
        }}
        onChange={() => chosen.set(ids, !all)}
      />
    </label>
  );
}

interface Column {
  /** The table can be sorted by this. Null means that it can't. */
  readonly column: HostColumn | null;
  readonly word: string;
  /** The column's cells have the class `cell-<cell>`. */
  readonly cell: string;
  readonly align: "start" | "end";
  /** The values that are most interesting stand at the end of the column's order. */
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

function Head({ column, word, cell, align, descendingFirst }: Column) {
  const navigation = useNavigation();
  const wanted = usePlace((place) => place.sort);
  const className = `cell-${cell}${align === "end" ? " is-number" : ""}`;
  if (column === null) {
    return (
      <th scope="col" className={className}>
        {word}
      </th>
    );
  }
  const direction = directionOf(wanted, column);
  const sort = () => navigation.replace({ ...navigation.place, sort: nextSort(wanted, column, descendingFirst) });
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

/** Up to here every row is in the page, so that the browser's own search finds all of them. */
const ALL_ROWS_UP_TO = 250;
const ROW_HEIGHT = 45;

function useRowWindow(ids: readonly string[], scroller: RefObject<HTMLDivElement | null>) {
  const long = ids.length > ALL_ROWS_UP_TO;
  const virtualizer = useVirtualizer({
    count: ids.length,
    enabled: long,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
    getItemKey: (index) => ids[index] ?? index,
  });
  if (!long) return { before: 0, after: 0, rows: ids.map((id, index) => ({ id, index })) };
  const items = virtualizer.getVirtualItems();
  const shown = items.flatMap(({ index }) => {
    const id = ids[index];
    return id === undefined ? [] : [{ id, index }];
  });
  return { before: items[0]?.start ?? 0, after: virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0), rows: shown };
}

/**
 * A click chooses a row; with Shift, all rows from the one that was clicked before. It is the same function for ever, so that no
 * row is drawn again because of it.
 */
function useToggle(ids: readonly string[]): (id: string, event: MouseEvent) => void {
  const chosen = useChosenHosts();
  const latest = useRef(ids);
  const anchor = useRef<string | null>(null);
  useLayoutEffect(() => {
    latest.current = ids;
  });
  return useCallback(
    (id, event) => {
      const range = event.shiftKey && anchor.current !== null ? between(latest.current, anchor.current, id) : [id];
      chosen.set(range, !chosen.ids.has(id));
      anchor.current = id;
    },
    [chosen],
  );
}

function between(ids: readonly string[], from: string, to: string): readonly string[] {
  const [start, end] = [ids.indexOf(from), ids.indexOf(to)].sort((a, b) => a - b);
  return start === undefined || start < 0 ? [to] : ids.slice(start, (end ?? start) + 1);
}
