/** A mark is the shape of a status. */

import type { ReactNode } from "react";

/**
 * Shape, word and colour always come together, so that neither a screen reader nor someone who can't tell red from green depends
 * on the colour. The word stands beside the mark, so the mark itself is silent.
 */
export function Mark({ shape, tone }: { readonly shape: Shape; readonly tone: Tone }) {
  return (
    <svg
      className={`mark mark-${shape} tone-${tone}`}
      viewBox="0 0 16 16"
      width="14"
      height="14"
      aria-hidden="true"
      focusable="false"
    >
      {SHAPES[shape]}
    </svg>
  );
}

export type Tone = "good" | "busy" | "warn" | "bad" | "quiet";

export type Shape =
  | "dot"
  | "ring"
  | "half"
  | "turn"
  | "check"
  | "cross"
  | "triangle"
  | "square"
  | "slash"
  | "clock"
  | "question"
  | "skip";

const SHAPES: Record<Shape, ReactNode> = {
  dot: <circle cx="8" cy="8" r="5" fill="currentColor" />,
  ring: <circle cx="8" cy="8" r="5" fill="none" stroke="currentColor" strokeWidth="2" />,
  half: (
    <>
      <circle cx="8" cy="8" r="5" fill="none" stroke="currentColor" strokeWidth="2" />
      <path d="M8 3a5 5 0 0 1 0 10z" fill="currentColor" />
    </>
  ),
  turn: (
    <path d="M8 2.5A5.5 5.5 0 1 1 2.5 8" fill="none" stroke="currentColor" strokeWidth="2.2" strokeLinecap="round" />
  ),
  check: (
    <>
      <circle cx="8" cy="8" r="7" fill="currentColor" />
      <path
        d="m4.8 8.3 2.2 2.2 4.2-4.6"
        fill="none"
        stroke="var(--surface)"
        strokeWidth="1.8"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </>
  ),
  cross: (
    <>
      <rect x="1.5" y="1.5" width="13" height="13" rx="3" fill="currentColor" />
      <path d="m5.3 5.3 5.4 5.4m0-5.4-5.4 5.4" stroke="var(--surface)" strokeWidth="1.8" strokeLinecap="round" />
    </>
  ),
  triangle: (
    <>
      <path d="M8 1.6 15 14H1z" fill="currentColor" strokeLinejoin="round" />
      <path d="M8 6v3.8m0 1.8v.4" stroke="var(--surface)" strokeWidth="1.7" strokeLinecap="round" />
    </>
  ),
  square: <rect x="3" y="3" width="10" height="10" rx="2" fill="currentColor" />,
  slash: (
    <>
      <circle cx="8" cy="8" r="5.6" fill="none" stroke="currentColor" strokeWidth="1.9" />
      <path d="m4.2 11.8 7.6-7.6" stroke="currentColor" strokeWidth="1.9" />
    </>
  ),
  clock: (
    <>
      <circle cx="8" cy="8" r="5.9" fill="none" stroke="currentColor" strokeWidth="1.9" />
      <path
        d="M8 4.8V8l2.2 1.6"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.7"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </>
  ),
  question: (
    <>
      <circle cx="8" cy="8" r="7" fill="currentColor" />
      <path
        d="M6 6.2a2 2 0 1 1 2.9 1.9c-.6.3-.9.6-.9 1.3m0 2v.2"
        fill="none"
        stroke="var(--surface)"
        strokeWidth="1.6"
        strokeLinecap="round"
      />
    </>
  ),
  skip: <path d="M3 4.2 7.4 8 3 11.8zM8.6 4.2 13 8l-4.4 3.8z" fill="currentColor" />,
};
