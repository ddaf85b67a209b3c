/** The table draws a row for each host: all rows of a short list, and those near the view of a long one. */

import { useVirtualizer } from "@tanstack/react-virtual";
import { type MouseEvent, memo, type RefObject, useCallback, useLayoutEffect, useRef } from "react";
import { useNavigation, usePlace } from "../../state/navigation.ts";
import { nextSort } from "../../state/place.ts";
import { useChosenHosts, useChosenIds } from "../chosen-hosts.ts";
import type { TableColumn } from "./host-columns.ts";
import { HostLine } from "./host-line.tsx";
import { useColumns } from "./use-columns.tsx";
import { useHold } from "./use-hold.tsx";

export interface HostTableProps {
  /** These hosts are shown, in this order. */
  readonly ids: readonly string[];
  /** Somebody wants to run something on this one host. Null means that this user may not. */
  readonly onRun: ((id: string) => void) | null;
  /** While the pointer or the keyboard's focus is among the hosts, they must not move. */
  readonly onHeld: (held: boolean) => void;
  /** Somebody who holds the order wants the new one. */
  readonly onTakeOrder: () => void;
}

export function HostTable({ ids, onRun, onHeld, onTakeOrder }: HostTableProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const window = useRowWindow(ids, scroller);
  const toggle = useToggle(ids);
  const columns = useColumns();
  const holding = useHold(onHeld, onTakeOrder);
  return (
    <div className={window.long ? "table-scroll is-long" : "table-scroll"} ref={scroller}>
      <table className="table hosts" aria-rowcount={ids.length + 1}>
        <thead>
          <tr>
            <th scope="col" className="cell-check">
              <ChooseAll ids={ids} />
            </th>
            <Head cell="host" sortBy="name" word="Host" align="start" descendingFirst={false} />
            {columns.map((column) => (
              <Head key={column.name} {...column} />
            ))}
            <th scope="col" className="cell-run">
              <span className="visually-hidden">Action</span>
            </th>
          </tr>
        </thead>
        <tbody {...holding}>
          {window.before > 0 && <Spacer height={window.before} columns={columns.length + 3} />}
          {window.rows.map(({ id, index }) => (
            <HostLine
              key={id}
              id={id}
              index={index}
              columns={columns}
              measure={window.measure}
              onToggle={toggle}
              onRun={onRun}
            />
          ))}
          {window.after > 0 && <Spacer height={window.after} columns={columns.length + 3} />}
        </tbody>
      </table>
    </div>
  );
}

/** Hosts that the filter hides stay chosen: the bar below names them. */
const ChooseAll = memo(function ChooseAll({ ids }: { readonly ids: readonly string[] }) {
  const chosen = useChosenHosts();
  const chosenIds = useChosenIds();
  const all = chosenIds.size > 0 && ids.length > 0 && ids.every((id) => chosenIds.has(id));
  const some = chosenIds.size > 0 && ids.some((id) => chosenIds.has(id));
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
});

function Head({ cell, sortBy, word, align, descendingFirst }: Omit<TableColumn, "name">) {
  const navigation = useNavigation();
  const wanted = usePlace((place) => place.sort);
  const className = `cell-${cell}${align === "end" ? " is-number" : ""}`;
  if (sortBy === null) {
    return (
      <th scope="col" className={className}>
        {word}
      </th>
    );
  }
  const direction = directionOf(wanted, sortBy);
  const sort = () => navigation.replace({ ...navigation.place, sort: nextSort(wanted, sortBy, descendingFirst) });
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

function directionOf(sort: string, column: string): keyof typeof ARROWS {
  if (sort === column) return "ascending";
  return sort === `-${column}` ? "descending" : "none";
}

function Spacer({ height, columns }: { readonly height: number; readonly columns: number }) {
  return (
    <tr>
      <td className="spacer" colSpan={columns} style={{ height }} />
    </tr>
  );
}

/** Up to here every row is in the page, so that the browser's own search finds all of them. */
const ALL_ROWS_UP_TO = 250;
const ROW_HEIGHT = 51;
/** There a row is a card, which is as high as what stands in it. */
const CARDS = "(max-width: 44rem)";

function useRowWindow(ids: readonly string[], scroller: RefObject<HTMLDivElement | null>) {
  const long = ids.length > ALL_ROWS_UP_TO;
  const virtualizer = useVirtualizer({
    count: ids.length,
    enabled: long,
    getScrollElement: () => scroller.current,
    estimateSize: rowHeight,
    overscan: 8,
  });
  const measure = long && matchMedia(CARDS).matches ? virtualizer.measureElement : null;
  if (!long) return { long, measure, before: 0, after: 0, rows: ids.map((id, index) => ({ id, index })) };
  const items = virtualizer.getVirtualItems();
  const rows = items.flatMap(({ index }) => {
    const id = ids[index];
    return id === undefined ? [] : [{ id, index }];
  });
  return {
    long,
    measure,
    before: items[0]?.start ?? 0,
    after: virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0),
    rows,
  };
}

/** It must be the same function for ever: with another one, the places of all rows are computed anew. */
function rowHeight(): number {
  return ROW_HEIGHT;
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
