/** The outputs of all tabs are shown together here, by time, each in a colour and with the name of its host. */

import type { Command } from "@neverstale/fleet-domain";
import { labelOf } from "@neverstale/fleet-domain/schema-free";
import { useCallback, useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { Button, ToggleButton } from "react-aria-components";
import { opTitleOf } from "../../commands/op-title.ts";
import { Icon } from "../../components/icon.tsx";
import { howMany } from "../../state/format.ts";
import { useRecord } from "../../state/replica-hooks.ts";
import { copyLines } from "../io/copy-lines.ts";
import { useOutputSettings } from "../io/output-settings.ts";
import { RowView } from "../output-rows.tsx";
import { openRow } from "../output-window.ts";
import { useOutputs } from "../outputs.ts";
import { anchorIn, holdAnchor, type ScrollAnchor } from "../scroll-anchor.ts";
import { type OutputSnapshot, type ShownOutput, shownOutput } from "../shown-output.ts";
import { type MergedRow, mergeRows } from "./merged-rows.ts";

export function MergedPanel({ commandIds }: { readonly commandIds: readonly string[] }) {
  const outputs = useOutputs();
  const key = commandIds.join(" "); // The address makes new lists of the same ids.
  const shown = useMemo(() => key.split(" ").map((id) => shownOutput(outputs, id)), [outputs, key]);
  const snapshots = useSnapshots(shown);
  const [{ wrap, times }, set] = useOutputSettings();
  const [names, setNames] = useState<Readonly<Record<string, string>>>({});
  const name = useCallback((id: string, host: string) => setNames((before) => ({ ...before, [id]: host })), []);
  const merged = useMemo(
    () => mergeRows(snapshots.map((snapshot, at) => sourceOf(commandIds[at] ?? "", snapshot))),
    [snapshots, commandIds],
  );
  const loadOlder = () => {
    for (const [at, output] of shown.entries()) if (merged.held.includes(commandIds[at] ?? "")) void output.loadOlder();
  };
  return (
    <div className="output">
      <header className="output-head">
        <ul className="output-facts output-legend" aria-label="Outputs that are shown together">
          {commandIds.map((id, at) => (
            <LegendEntry key={id} id={id} colour={at} onName={name} />
          ))}
        </ul>
        <div className="output-actions">
          <ToggleButton
            className="button button-small button-plain"
            isSelected={times}
            onChange={(next) => set({ times: next })}
          >
            Times
          </ToggleButton>
          <ToggleButton
            className="button button-small button-plain"
            isSelected={wrap}
            onChange={(next) => set({ wrap: next })}
          >
            Wrap
          </ToggleButton>
        </div>
      </header>
      <MergedText
        rows={merged.rows}
        wrap={wrap}
        times={times}
        nameOf={(source) => names[commandIds[source] ?? ""] ?? ""}
      >
        {merged.held.length > 0 && (
          <Button className="button button-small" onPress={loadOlder}>
            Load older lines
          </Button>
        )}
        {merged.isCut && <p className="output-note">Older lines stand in the tabs of their own.</p>}
        {merged.rows.length === 0 && <p className="output-note">Nothing written yet.</p>}
      </MergedText>
    </div>
  );
}

/** Each of the outputs is followed as long as they are shown together. */
function useSnapshots(shown: readonly ShownOutput[]): readonly OutputSnapshot[] {
  const last = useRef<readonly OutputSnapshot[]>([]);
  const subscribe = useCallback(
    (listener: () => void) => {
      const stops = shown.map((output) => output.subscribe(listener));
      return () => {
        for (const stop of stops) stop();
      };
    },
    [shown],
  );
  return useSyncExternalStore(subscribe, () => {
    const next = shown.map((output) => output.snapshot);
    const isSame = next.length === last.current.length && next.every((snapshot, at) => snapshot === last.current[at]);
    if (!isSame) last.current = next;
    return last.current;
  });
}

function sourceOf(id: string, { window, atStart }: OutputSnapshot) {
  const open = openRow(window);
  const rows = window.flatMap((part) => part.rows);
  const isOpen = open !== null && open.segments.length > 0;
  const first = window[0]?.first ?? 0;
  return { id, rows: isOpen ? [...rows, open] : rows, hasOlder: first > 0 && !atStart };
}

interface LegendEntryProps {
  readonly id: string;
  readonly colour: number;
  /** It tells the name of the host, once that is known. */
  readonly onName: (id: string, name: string) => void;
}

function LegendEntry({ id, colour, onName }: LegendEntryProps) {
  const command = useRecord("commands", id);
  if (command === undefined) return <li className="mono">{id.slice(0, 8)}</li>;
  return <HostEntry command={command} colour={colour} onName={onName} />;
}

function HostEntry({ command, colour, onName }: Omit<LegendEntryProps, "id"> & { readonly command: Command }) {
  const host = useRecord("hosts", command.host);
  const name = host === undefined ? command.host : labelOf(host);
  useLayoutEffect(() => onName(command.id, name), [onName, command.id, name]);
  return (
    <li className={`output-source output-source-${colour}`}>
      <span className="foreign">{name}</span> <span className="quiet">{opTitleOf(command, host)}</span>
    </li>
  );
}

interface MergedTextProps {
  readonly rows: readonly MergedRow[];
  readonly wrap: boolean;
  readonly times: boolean;
  readonly nameOf: (source: number) => string;
  readonly children: React.ReactNode;
}

/** A reader who is within so many pixels of the end is at the end. */
const AT_END = 24;

function MergedText({ rows, wrap, times, nameOf, children }: MergedTextProps) {
  const scroller = useRef<HTMLElement>(null);
  const anchor = useRef<ScrollAnchor | null>(null);
  /** This was the last row when somebody scrolled up. Null means that the end is followed. */
  const [pausedAt, setPausedAt] = useState<string | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows move whenever there are others or they wrap anew.
  useLayoutEffect(() => {
    const box = scroller.current;
    if (box === null) return;
    if (pausedAt === null) box.scrollTop = box.scrollHeight;
    else holdAnchor(box, anchor.current);
    anchor.current = anchorIn(box);
  }, [rows, wrap, times, pausedAt]);
  const look = () => {
    const box = scroller.current;
    if (box === null) return;
    const isAtEnd = box.scrollHeight - box.scrollTop - box.clientHeight < AT_END;
    setPausedAt((before) => (isAtEnd ? null : (before ?? rows.at(-1)?.key ?? null)));
    anchor.current = anchorIn(box);
  };
  const fresh = pausedAt === null ? 0 : rows.length - 1 - rows.findLastIndex(({ key }) => key === pausedAt);
  return (
    <div className="output-frame">
      <section
        className={["output-text", wrap && "is-wrapped", times && "has-times"].filter(Boolean).join(" ")}
        ref={scroller}
        onScroll={look}
        onCopy={copyLines}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
        tabIndex={0}
        aria-label="Outputs of several hosts by time"
      >
        {children}
        <div className="output-block">
          {rows.map(({ key, source, row }) => (
            <RowView
              key={key}
              row={row}
              times={times}
              isMarked={false}
              sourceName={nameOf(source)}
              sourceColour={source}
            />
          ))}
        </div>
      </section>
      {pausedAt !== null && (
        <Button className="button button-small output-follow" onPress={() => setPausedAt(null)}>
          <Icon name="bottom" /> {fresh > 0 ? `${howMany(fresh, "new line")}, follow` : "Follow"}
        </Button>
      )}
    </div>
  );
}
