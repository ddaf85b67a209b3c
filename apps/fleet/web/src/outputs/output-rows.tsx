/** The rows of an output are drawn here. Text from outside stands in text nodes, and nowhere else. */

import { type CSSProperties, memo, type ReactNode } from "react";
import { fullTime, timeOfDay } from "../state/format.ts";
import type { OutputRow, WindowPart } from "./output-window.ts";
import type { Segment } from "./terminal/terminal-line.ts";
import { linksIn } from "./terminal/terminal-link.ts";
import { textLookOf } from "./terminal/terminal-style.ts";

interface PartViewProps {
  readonly part: WindowPart;
  readonly times: boolean;
  /** This line is the one that the address names. Null means that it stands elsewhere. */
  readonly marked: number | null;
}

export const PartView = memo(function PartView({ part, times, marked }: PartViewProps) {
  return (
    <div className="output-block">
      {part.rows.map((row, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place in its part.
        <RowView key={index} row={row} times={times} isMarked={marked !== null && row.line === marked} />
      ))}
    </div>
  );
});

/** It says whether a line begins in a part. */
export function lineIn(part: WindowPart, line: number | null): number | null {
  return line !== null && part.rows.some((row) => row.line === line) ? line : null;
}

interface RowViewProps {
  readonly row: OutputRow;
  readonly times: boolean;
  readonly isMarked: boolean;
  /** The name of a host stands before the row, in the colour with this number. */
  readonly sourceName?: string;
  readonly sourceColour?: number;
}

/** The number and the time come from attributes, so that whoever copies or reads aloud gets the text alone. */
export const RowView = memo(function RowView({ row, times, isMarked, sourceName, sourceColour }: RowViewProps) {
  const at = times && row.at !== null ? Date.parse(row.at) : null;
  return (
    <div
      className={isMarked ? "output-line is-marked" : "output-line"}
      data-line={row.line ?? undefined}
      data-time={at === null ? undefined : timeOfDay(at)}
      title={at === null ? undefined : fullTime(at)}
    >
      {sourceName !== undefined && (
        <span className={`output-source output-source-${sourceColour}`}>{`${sourceName} `}</span>
      )}
      {row.segments.map((segment, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a segment is its place in its row.
        <SegmentView key={index} segment={segment} />
      ))}
    </div>
  );
});

function SegmentView({ segment }: { readonly segment: Segment }) {
  const { text, style, link } = segment;
  const inside = link === null ? <TextWithLinks text={text} /> : <WebLink address={link}>{text}</WebLink>;
  if (style === "") return inside;
  const { className, own } = textLookOf(style);
  return (
    <span className={className} style={own === null ? undefined : (own as CSSProperties)}>
      {inside}
    </span>
  );
}

function TextWithLinks({ text }: { readonly text: string }) {
  return linksIn(text).map((part, index) =>
    part.address === null ? (
      part.text
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: an address is its place in its text.
      <WebLink key={index} address={part.address}>
        {part.text}
      </WebLink>
    ),
  );
}

/** Where it leads is seen before somebody goes there. */
function WebLink({ address, children }: { readonly address: string; readonly children: ReactNode }) {
  return (
    <a className="output-link" href={address} title={address} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  );
}
