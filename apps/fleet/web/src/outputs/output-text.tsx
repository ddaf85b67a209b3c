/** The text of an output scrolls here: it follows the end, and loads what stands before and behind where somebody scrolls to. */

import { type KeyboardEvent, type MouseEvent, type ReactNode, type RefObject, useLayoutEffect, useRef } from "react";
import { Button } from "react-aria-components";
import { Icon } from "../components/icon.tsx";
import { bytes, howMany } from "../state/format.ts";
import type { FindSnapshot } from "./find/find-in-output.ts";
import { copyLines } from "./io/copy-lines.ts";
import { markHits, unmarkHits } from "./io/hit-marks.ts";
import { lineIn, PartView, RowView } from "./output-rows.tsx";
import { openRow, windowBegin } from "./output-window.ts";
import { anchorIn, bringIntoSight, holdAnchor, type ScrollAnchor } from "./scroll-anchor.ts";
import type { OutputSnapshot, ShownOutput } from "./shown-output.ts";

interface OutputTextProps {
  readonly output: ShownOutput;
  readonly snapshot: OutputSnapshot;
  readonly find: FindSnapshot;
  readonly wrap: boolean;
  readonly times: boolean;
  readonly label: string;
  /** This line is marked, as the address names it. */
  readonly marked: number | null;
  readonly onLine: (line: number) => void;
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly children: ReactNode;
}

/** A reader who is within so many pixels of the end is at the end. */
const AT_END = 24;

export function OutputText(props: OutputTextProps) {
  const { output, snapshot, wrap, times, label, marked, onLine, scroller, children } = props;
  const { window, follows, status, atEnd } = snapshot;
  const open = openRow(window);
  const look = useScrolling(props);
  const digits = String(status?.lines ?? 1).length;
  return (
    <div className="output-frame">
      <section
        className={[
          "output-text",
          wrap && "is-wrapped",
          times && "has-times",
          status?.lines !== undefined && "has-numbers",
        ]
          .filter(Boolean)
          .join(" ")}
        style={{ ["--digits" as string]: digits }}
        ref={scroller}
        onScroll={look}
        onCopy={copyLines}
        onKeyDown={(event) => jump(event, output)}
        onClick={(event) => pressNumber(event, onLine)}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
        tabIndex={0}
        aria-label={label}
      >
        <Before snapshot={snapshot} />
        {children}
        {window.map((part) => (
          <PartView key={part.first} part={part} times={times} marked={lineIn(part, marked)} />
        ))}
        {open !== null && (
          <div className="output-block">
            <RowView row={open} times={times} isMarked={marked !== null && open.line === marked} />
          </div>
        )}
        {!atEnd && <p className="output-note">More of it stands behind. Scroll on, or go to the end.</p>}
      </section>
      {snapshot.problem !== null && (
        <p className="output-problem" role="alert">
          {snapshot.problem}
        </p>
      )}
      {!follows && (
        <Button className="button button-small output-follow" onPress={() => output.setFollows(true)}>
          <Icon name="bottom" /> {followWords(snapshot)}
        </Button>
      )}
    </div>
  );
}

function followWords({ newLines, status }: OutputSnapshot): string {
  if (newLines !== null && newLines > 0) return `${howMany(newLines, "new line")}, follow`;
  return status?.finished === true ? "Go to the end" : "Follow";
}

/** It says what stands before the first row that is shown. */
function Before({ snapshot: { window, atStart, loading } }: { readonly snapshot: OutputSnapshot }) {
  const begin = windowBegin(window);
  if (begin === null || begin === 0) return null;
  if (atStart) return <p className="output-note">The first {bytes(begin)} are no longer kept.</p>;
  return <p className="output-note">{loading === "older" ? "Loading older lines" : "Older lines stand above."}</p>;
}

/** It returns what is to be done when somebody has scrolled. */
function useScrolling({ output, snapshot, find, wrap, times, scroller }: OutputTextProps): () => void {
  const anchor = useRef<ScrollAnchor | null>(null);
  const shownTurn = useRef(0);
  const { window, follows, target, atStart, atEnd } = snapshot;

  const fill = (box: Element) => {
    const { scrollTop, scrollHeight, clientHeight } = box;
    if (clientHeight === 0) return;
    if (!atStart && scrollTop < clientHeight * NEAR) void output.loadOlder();
    if (!atEnd && scrollHeight - scrollTop - clientHeight < clientHeight * NEAR) void output.loadNewer();
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows move whenever there are others or they wrap anew.
  useLayoutEffect(() => {
    const box = scroller.current;
    if (box === null) return;
    if (follows) box.scrollTop = box.scrollHeight;
    else holdAnchor(box, anchor.current);
    const row = target === null || target.turn === shownTurn.current ? null : rowOf(box, target.line);
    if (row !== null && target !== null) {
      bringIntoSight(box, row);
      shownTurn.current = target.turn;
    }
    anchor.current = anchorIn(box);
    fill(box);
  }, [window, wrap, times, follows, target]);
  useLayoutEffect(() => {
    if (scroller.current === null || find.hits.length === 0) return unmarkHits();
    markHits(scroller.current, { hits: hitsIn(snapshot, find), current: currentHit(find), query: find.query });
  }, [snapshot, find, scroller]);
  useLayoutEffect(() => unmarkHits, []);

  return () => {
    const box = scroller.current;
    if (box === null) return;
    const isAtEnd = box.scrollHeight - box.scrollTop - box.clientHeight < AT_END;
    if (!isAtEnd || atEnd) output.setFollows(isAtEnd);
    anchor.current = anchorIn(box);
    fill(box);
  };
}

/** Rows are loaded before somebody is nearer to them than so many heights of the box. */
const NEAR = 1.5;

function rowOf(box: Element, line: number): Element | null {
  return box.querySelector(`[data-line="${line}"]`);
}

function currentHit({ hits, current }: FindSnapshot) {
  return current === null ? null : (hits[current] ?? null);
}

/** Only hits in lines that the page holds can be marked. */
function hitsIn({ window }: OutputSnapshot, { hits }: FindSnapshot) {
  const first = window[0]?.begin.line ?? 0;
  const last = window.at(-1)?.after.line ?? 0;
  return hits.filter(({ line }) => line >= first && line <= last);
}

/** The keys reach the ends of the whole output, and not only of what the page holds. */
function jump(event: KeyboardEvent, output: ShownOutput): void {
  if (event.key !== "Home" && event.key !== "End") return;
  event.preventDefault();
  if (event.key === "Home") void output.goToStart();
  else output.setFollows(true);
}

/** A press on the number of a line puts that line into the address. The field "Line" does the same for the keyboard. */
function pressNumber(event: MouseEvent, onLine: (line: number) => void): void {
  if (!(event.target instanceof HTMLElement) || !event.target.classList.contains("output-line")) return;
  const line = Number(event.target.getAttribute("data-line"));
  const isLeft = event.clientX < event.target.getBoundingClientRect().left + gutterOf(event.target);
  if (line > 0 && isLeft) onLine(line);
}

function gutterOf(row: Element): number {
  return Number.parseFloat(getComputedStyle(row).paddingLeft);
}
