/** The badge says how fresh the page is, in a shape, a colour and words: what the replica says of itself (rule R7). */

import type { StaleReason, SyncView } from "@neverstale/client";
import type { Shape, Tone } from "../components/mark.tsx";
import { clock, howMany, span } from "./format.ts";
import type { ShownMoment } from "./moments.ts";

export interface Badge {
  readonly tone: Tone;
  readonly shape: Shape;
  readonly word: string;
  /** This stands behind the word where there is room for it. */
  readonly detail: string | null;
  /** The values on screen may have changed meanwhile, so they are shown grey. */
  readonly old: boolean;
}

export interface Freshness {
  readonly view: SyncView;
  /** The authority confirmed the state so long ago, by the replica's own two clocks. Null means never. */
  readonly confirmedAgeMs: number | null;
  readonly caughtUp: CaughtUp | null;
}

/** The page was cut off, or found a gap, and is level again. */
interface CaughtUp {
  /** It had missed so many versions. The number is below 0 when the authority went back to an older state. */
  readonly versionsLater: number;
  readonly at: number;
}

/** The badge says for so long that the page has caught up. */
const CAUGHT_UP_SHOWN_MS = 6_000;

export function badgeOf(freshness: Freshness, now: number): Badge {
  const { status } = freshness.view;
  const data = dataFrom(freshness, now);
  switch (status.type) {
    case "live":
      return liveBadge(freshness, now);
    case "catching_up":
      return { tone: "busy", shape: "turn", word: catchingUpWord(freshness.view), detail: data, old: true };
    case "connecting":
      return { tone: "warn", shape: "turn", word: connectingWord(status, data !== null, now), detail: data, old: true };
    case "stale":
      return { tone: "warn", shape: "triangle", word: STALE_WORDS[status.why], detail: data, old: true };
    case "offline":
      return { tone: "bad", shape: "square", word: "Offline", detail: data, old: true };
    case "signed_out":
      return { tone: "warn", shape: "slash", word: "Session ended", detail: null, old: true };
  }
}

/** A page that shows another moment than now is not live, however well it follows. What is wrong with the connection is said in any case. */
export function badgeAt(badge: Badge, { kind }: Pick<ShownMoment, "kind">): Badge {
  if (kind === "live" || badge.old) return badge;
  const word = kind === "held" ? "Paused" : "The past";
  return { tone: "quiet", shape: kind === "held" ? "half" : "clock", word, detail: "connected", old: false };
}

function liveBadge({ view, caughtUp }: Freshness, now: number): Badge {
  if (view.checking) return { tone: "busy", shape: "half", word: "Checking", detail: null, old: false };
  if (caughtUp !== null && Math.abs(now - caughtUp.at) < CAUGHT_UP_SHOWN_MS) {
    const { versionsLater } = caughtUp;
    const detail = versionsLater < 0 ? "an older state was put back" : `${howMany(versionsLater, "change")} later`;
    return { tone: "good", shape: "check", word: "Resynced", detail, old: false };
  }
  return { tone: "good", shape: "dot", word: "Live", detail: null, old: false };
}

/** A percentage is known only where the state is so large, or the line so slow, that the replica is told of it. */
function catchingUpWord({ loading }: SyncView): string {
  if (loading === null) return "Catching up";
  return `Loading, ${Math.floor((100 * loading.receivedBytes) / loading.totalBytes)} %`;
}

function connectingWord(
  status: { readonly attempt: number; readonly retryAt: number | null },
  again: boolean,
  now: number,
): string {
  const { attempt, retryAt } = status;
  if (attempt === 0) return again ? "Reconnecting" : "Connecting";
  const seconds = retryAt === null ? 0 : Math.ceil((retryAt - now) / 1_000);
  return `${again ? "Reconnecting" : "Connecting"}, try ${attempt}${seconds > 0 ? ` in ${seconds} s` : ""}`;
}

/** It is true while nothing is being tried, so that somebody who looks may not want to wait. */
export function canTryNow({ status }: SyncView): boolean {
  return (status.type === "connecting" && status.retryAt !== null) || status.type === "offline";
}

const STALE_WORDS: Readonly<Record<StaleReason, string>> = {
  unconfirmed: "Not confirmed",
  resyncing_in_vain: "Can't catch up",
  forbidden: "No access",
  unknown_space: "Gone",
  client_too_old: "This page is too old",
  stopped: "Stopped",
};

/** It gives `data from 14:02:11 (38 s old)`, and null while there is no data. */
function dataFrom({ view, confirmedAgeMs }: Freshness, now: number): string | null {
  if (view.lastConfirmedAt === null || confirmedAgeMs === null) return null;
  return `data from ${clock(view.lastConfirmedAt, now)} (${span(confirmedAgeMs)} old)`;
}

/** This notices when the page catches up after it had been cut off. `nextCatchUps` must be given every view, in order. */
export interface CatchUps {
  /** It was live at this version the last time. Null means that it was not live yet. */
  readonly liveAt: number | null;
  /** It was behind by more than one message since then. */
  readonly interrupted: boolean;
  readonly resync: SyncView["lastResync"];
  readonly caughtUp: CaughtUp | null;
}

export const NO_CATCH_UPS: CatchUps = { liveAt: null, interrupted: false, resync: null, caughtUp: null };

export function nextCatchUps(before: CatchUps, view: SyncView, now: number): CatchUps {
  const { status, version, lastResync } = view;
  const resynced = lastResync !== before.resync && lastResync !== null;
  const interrupted = before.interrupted || resynced || (before.liveAt !== null && INTERRUPTIONS.has(status.type));
  if (status.type === "signed_out") return NO_CATCH_UPS;
  if (status.type !== "live") return { ...before, interrupted, resync: lastResync };
  const missed = interrupted && before.liveAt !== null ? { versionsLater: version - before.liveAt, at: now } : null;
  return { liveAt: version, interrupted: false, resync: lastResync, caughtUp: missed ?? before.caughtUp };
}

const INTERRUPTIONS: ReadonlySet<string> = new Set(["connecting", "offline", "stale"]);
