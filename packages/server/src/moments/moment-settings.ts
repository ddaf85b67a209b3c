/** These settings bound what is kept and done so that the state of the past can be read (decision 0063). */

import { withDefaults } from "../limits/with-defaults.ts";

export interface MomentSettings {
  /** After so many changes a base is kept. A state of the past is made of a base and of at most about so many changes after it. */
  readonly baseChanges: number;
  /** A base is kept after so long, too, where anything has changed. */
  readonly baseMs: number;
  /** So many bases are kept at most. The oldest goes, and with it the reach becomes shorter. */
  readonly bases: number;
  /** All bases together have so many UTF-16 code units at most. The newest one is kept whatever its size. */
  readonly baseChars: number;
  /** One state is made at a time. So many callers may wait for theirs. The next one is refused with `too_many_requests`. */
  readonly waiting: number;
  /** So many states that were made are kept in memory, for whoever asks for the same moment or for the next one. */
  readonly states: number;
  /** Their records have so many bytes together at most. */
  readonly stateBytes: number;
  /** So many changes are gone through for one state at most. */
  readonly replayedChanges: number;
  /** Making a state may take so long. */
  readonly rebuildMs: number;
}

const MI = 1_024 * 1_024;

export const MOMENT_SETTINGS: MomentSettings = {
  baseChanges: 50_000,
  baseMs: 60 * 60 * 1_000,
  bases: 100,
  baseChars: 256 * MI,
  waiting: 16,
  states: 4,
  stateBytes: 64 * MI,
  replayedChanges: 500_000,
  rebuildMs: 30_000,
};

/** It throws a plain error that names the setting which can't be one. */
export function momentSettingsFrom(given: Partial<MomentSettings>): MomentSettings {
  return withDefaults(MOMENT_SETTINGS, given, "moments", { zero: ["waiting", "states", "stateBytes"] });
}
