/** All that the replica knows of its connection is told in words to whoever opens the badge, and as a text for a report. */

import type { ReplicaCounters, SyncView, TabRole } from "@neverstale/client";
import { clock, howMany, NONE, span } from "../state/format.ts";

export interface ConnectionKnown {
  readonly view: SyncView;
  readonly counters: ReplicaCounters;
  /** Null means never. */
  readonly confirmedAgeMs: number | null;
  /** The server's clock is so far ahead of the one of this machine. */
  readonly serverAheadMs: number;
  /** Null means that this tab shares no connection now. */
  readonly sharing: TabRole | null;
  /** The state that this browser keeps was confirmed at this time. Null means that nothing is kept. */
  readonly keptFrom: number | null;
  /** So many changes that were asked for here wait for the server. */
  readonly waiting: number;
}

type Fact = readonly [word: string, value: string];

export function connectionFacts(known: ConnectionKnown, now: number): readonly Fact[] {
  const { view, counters } = known;
  const { epoch, version, error, way } = view;
  return [
    ["Confirmed", confirmedWords(known, now)],
    ["Changes so far", epoch === null ? NONE : `${version.toLocaleString("en")} (the version of the state)`],
    ["Run of the server", epoch === null ? NONE : `${epoch} (its epoch, a new one after each start)`],
    ["Way to the server", WAY_WORDS[way ?? "none"]],
    ["Tabs of this browser", SHARING_WORDS[known.sharing ?? "none"]],
    ["Connection lost", howMany(counters.reconnects, "time")],
    ["Changes that were missed", `${howMany(counters.gaps, "time")} (gaps)`],
    ["Fetched anew", fetchedWords(known, now)],
    [
      "Compared with the server",
      `${howMany(counters.digestChecks, "time")} by a digest of all content, ${counters.digestMismatches} differed`,
    ],
    ["Kept in this browser", keptWords(known.keptFrom, now)],
    ["Waiting to be sent", known.waiting === 0 ? "nothing" : howMany(known.waiting, "change")],
    ["Clock of this machine", clockWords(known.serverAheadMs)],
    ...(error === null ? [] : [["Server says", `${error.code}: ${error.message}`] as const]),
  ];
}

function confirmedWords({ view, confirmedAgeMs }: ConnectionKnown, now: number): string {
  if (view.lastConfirmedAt === null || confirmedAgeMs === null) return "never";
  return `${clock(view.lastConfirmedAt, now)}, ${span(confirmedAgeMs)} ago`;
}

/** The page says so where it is not the usual way: what it shows is as fresh, and comes with more effort. */
const WAY_WORDS = {
  none: NONE,
  websocket: "WebSocket",
  stream: "HTTP, as a stream: this network lets no WebSocket through",
  poll: "HTTP, one request after the other: this network lets no WebSocket and no stream through",
} as const;

const SHARING_WORDS = {
  none: "this tab has a connection of its own, or none now",
  leads: "they share one connection, which this tab has",
  follows: "they share one connection, which another tab has",
} as const;

function fetchedWords({ view, counters }: ConnectionKnown, now: number): string {
  const reasons = Object.entries(counters.resyncs).filter(([, number]) => number > 0);
  if (reasons.length === 0) return "never";
  const all = reasons.map(([reason, number]) => `${number} ${REASON_WORDS[reason] ?? reason}`).join(", ");
  const last = view.lastResync;
  if (last === null) return all;
  const { at, reason, fromVersion, toVersion } = last;
  const versions = `from version ${fromVersion.toLocaleString("en")} to ${toVersion.toLocaleString("en")}`;
  return `${all}; the last time at ${clock(at, now)}, ${REASON_WORDS[reason]}, ${versions}`;
}

const REASON_WORDS: Readonly<Record<string, string>> = {
  gap: "for a gap",
  drift: "for a version that was behind",
  digest: "for a digest that differed",
  epoch: "for another run of the server",
  manual: "because somebody asked",
};

function keptWords(keptFrom: number | null, now: number): string {
  if (keptFrom === null) return "nothing";
  return `the state of ${clock(keptFrom, now)}, until you sign out`;
}

/** It is told from here on. */
const CLOCK_OFF_MS = 2_000;

function clockWords(serverAheadMs: number): string {
  if (Math.abs(serverAheadMs) < CLOCK_OFF_MS) return "as the server's";
  const by = span(Math.abs(serverAheadMs));
  return `${by} ${serverAheadMs > 0 ? "behind" : "ahead of"} the server's: ages here count by the server's`;
}
