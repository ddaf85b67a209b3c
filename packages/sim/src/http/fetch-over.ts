/** A fetch of a browser follows redirects, and tells of the last answer as it comes. */

import type { HttpEvents, OpenHttp } from "@neverstale/client";
import { type HttpEnd, headerOf, type Piece, type SimAsk, type Trip } from "./http-end.ts";

/** `happen` carries out what happens to the client, and `came` is told of each piece that comes. */
export function fetchOver(end: HttpEnd, ask: SimAsk, events: HttpEvents, { happen, came, soon }: FetchHooks): OpenHttp {
  let trip: Trip | null = null;
  let isClosed = false;
  let redirects = 0;
  const tell = (run: () => void): void => {
    if (!isClosed)
      happen(() => {
        if (!isClosed) run();
      });
  };
  const go = (url: URL): void => {
    let next: URL | null = null;
    trip = end.ask(
      { ...ask, url },
      {
        heldBytes: 0,
        sentBytes: 0,
        answered: (head) => {
          const location = head.status === 302 ? headerOf(head, "Location") : null;
          next = location === null ? null : new URL(location, url);
          if (next === null)
            tell(() => events.answered({ status: head.status, header: (name) => headerOf(head, name) }));
        },
        wrote: (piece) => {
          if (next !== null) return;
          came(piece, url);
          tell(() => events.received(piece.text));
        },
        ended: () => {
          if (next === null) return tell(() => events.ended());
          redirects += 1;
          if (redirects > MOST_REDIRECTS) tell(() => events.failed());
          else if (!isClosed) go(next);
        },
        failed: () => tell(() => events.failed()),
      },
    );
  };
  soon(() => {
    if (!isClosed) go(ask.url);
  });
  return {
    close: () => {
      isClosed = true;
      trip?.leave();
    },
  };
}

export interface FetchHooks {
  happen(run: () => void): void;
  came(piece: Piece, url: URL): void;
  /** It runs once the caller has returned. */
  soon(run: () => void): void;
}

/** Browsers follow so many. */
const MOST_REDIRECTS = 20;
