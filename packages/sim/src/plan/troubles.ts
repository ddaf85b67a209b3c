/** Troubles are what goes wrong with the authority, on the way, and at the clients. */

import type { Deed } from "./deeds.ts";
import type { ClientPlan } from "./plan.ts";
import type { Random } from "./random.ts";
import { FIRST_RELEASE, nextRelease } from "./releases.ts";

export type Planned = Deed & { readonly at: number };

const DAY_MS = 24 * 3_600_000;

const HOSTS = ["web-1", "web-2", "db-1"];
/** These are the spaces beside the main one. */
export const SPACES = ["agent/web-1", "agent/web-2", "output/c1", "output/c2"];

/** Releases follow each other. Some go back to the one before. */
export function deploys(chance: Random, untilMs: number): Planned[] {
  const planned: Planned[] = [];
  const releases = [FIRST_RELEASE];
  for (let count = chance.pick([0, 0, 1, 3, 6]); count > 0; count -= 1) {
    const [newest = FIRST_RELEASE, before = FIRST_RELEASE] = releases;
    const release = chance.chance(0.3) ? before : nextRelease(newest, chance);
    releases.unshift(release);
    const how = chance.pick(["kill", "kill", "cut_power", "stop"] as const);
    planned.push({ at: chance.int(1_000, untilMs), do: "deploy", release, how, downMs: downMs(chance) });
  }
  const times = planned.map(({ at }) => at).sort((a, b) => a - b);
  return planned.map((deed, index) => ({ ...deed, at: times[index] ?? 0 }));
}

/**
 * Some follow each other closely, so that several happen within one message in parts, or one wait. None comes after all has healed: it
 * would close connections that the judge gives two seconds to become level.
 */
export function takeovers(chance: Random, untilMs: number): Planned[] {
  const planned: Planned[] = [];
  for (let count = chance.pick([0, 0, 1, 4, 12]); count > 0; count -= 1) {
    const at = chance.int(200, untilMs);
    for (let more = chance.pick([1, 1, 1, 3]); more > 0; more -= 1)
      planned.push({ at: Math.min(at + chance.int(0, 1_000), untilMs), do: "take_over" });
  }
  return planned;
}

interface Menu {
  readonly chance: Random;
  readonly clients: readonly string[];
  readonly v1: readonly string[];
  /** These follow the main space. */
  readonly main: readonly string[];
  /** These are the spaces beside the main one. Those that somebody follows stand there twice. */
  readonly spaces: readonly string[];
  readonly backups: readonly string[];
}

/** The weights say how often each kind of trouble comes, before the seed has its say. */
const TROUBLES: readonly (readonly [weight: number, deed: (menu: Menu) => Deed])[] = [
  [
    6,
    ({ chance, main }) => ({
      do: "dispatch",
      client: chance.pick(main),
      hosts: someHosts(chance),
      timeoutMs: chance.int(4_000, 30_000),
    }),
  ],
  [3, ({ chance }) => ({ do: "kill", downMs: downMs(chance) })],
  [2, ({ chance }) => ({ do: "cut_power", downMs: downMs(chance) })],
  [2, ({ chance }) => ({ do: "stop", downMs: downMs(chance) })],
  [5, (menu) => trap(menu)],
  [3, ({ chance, backups }) => ({ do: "backup", name: chance.pick(backups) })],
  [2, ({ chance }) => ({ do: "disk_full", ms: chance.int(100, 6_000) })],
  [2, ({ chance }) => ({ do: "slow_disk", ms: chance.int(500, 10_000) })],
  [2, ({ chance, backups }) => restoreOf(chance, backups)],
  [1, ({ chance }) => ({ do: "disk_error", write: chance.pick(["commit", "epoch", "fold", "trim", "checkpoint"]) })],
  [1, ({ chance }) => ({ do: "failed_builds", ms: chance.int(500, 10_000) })],
  [
    1,
    ({ chance }) => ({
      do: "authority_clock",
      byMs: chance.pick([-1, 1]) * chance.pick([500, 5_000, 3_600_000, 40 * DAY_MS]),
    }),
  ],
  [6, (menu) => cut(menu)],
  [2, ({ chance, clients }) => ({ do: "half_open", client: chance.pick(clients), directions: someDirections(chance) })],
  [
    4,
    ({ chance, clients }) => ({
      do: "stall",
      client: chance.pick(clients),
      directions: someDirections(chance),
      ms: someMs(chance),
    }),
  ],
  [
    3,
    ({ chance, clients }) => ({
      do: "partition",
      client: chance.pick(clients),
      ms: someMs(chance),
      signals: chance.chance(0.5),
    }),
  ],
  [
    2,
    ({ chance, clients }) => ({
      do: "slow_link",
      client: chance.pick(clients),
      rate: chance.pick([1, 50, 1_000]),
      ms: someMs(chance),
    }),
  ],
  [
    7,
    ({ chance, clients }) => ({
      do: "meddle",
      client: chance.pick(clients),
      how: chance.pick(["alter", "alter", "swallow", "swallow", "swallow_first", "double", "double"]),
    }),
  ],
  [4, (menu) => sleep(menu)],
  [1, ({ chance, v1 }) => ({ do: "client_clock", client: chance.pick(v1), byMs: jump(chance) })],
  [1, ({ chance, v1 }) => ({ do: "refresh", client: chance.pick(v1) })],
  [1, ({ chance, clients }) => ({ do: "restart_client", client: chance.pick(clients) })],
  [1, ({ chance, v1 }) => ({ do: "rotate_token", client: chance.pick(v1) })],
  [1, ({ chance, v1 }) => ({ do: "sign_out", client: chance.pick(v1), ms: chance.int(500, 10_000) })],
  [3, ({ chance, spaces }) => ({ do: "make_space", space: chance.pick(spaces), count: 1 + chance.skewed(40) })],
  [2, ({ chance, spaces }) => ({ do: "remove_space", space: chance.pick(spaces) })],
];

export function troubles(chance: Random, untilMs: number, clients: readonly ClientPlan[]): Planned[] {
  const menu: Menu = {
    chance,
    clients: clients.map(({ name }) => name),
    v1: clients.filter(({ kind }) => kind !== "plain").map(({ name }) => name),
    main: clients
      .filter(({ kind, space }) => (kind === "tab" || kind === "page") && space === "main")
      .map(({ name }) => name),
    backups: ["a", "b"],
    spaces: [...SPACES, ...clients.map(({ space }) => space).filter((space) => space !== "main")],
  };
  const weights = TROUBLES.map(([weight]) => (chance.chance(0.6) ? weight * chance.next() : 0));
  const planned: Planned[] = [];
  const meanMs = chance.pick([500, 1_500, 4_000]);
  for (let at = chance.int(0, 3_000); at < untilMs; at += Math.floor(2 * meanMs * chance.next())) {
    const deed = weighted(weights, chance);
    if (deed !== null) planned.push({ at, ...deed(menu) });
  }
  return planned;
}

function weighted(weights: readonly number[], chance: Random): ((menu: Menu) => Deed) | null {
  let left = chance.next() * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [index, weight] of weights.entries()) {
    left -= weight;
    if (weight > 0 && left <= 0) return TROUBLES[index]?.[1] ?? null;
  }
  return null;
}

function restoreOf(chance: Random, backups: readonly string[]): Deed {
  if (chance.chance(0.2)) return { do: "restore_empty", downMs: downMs(chance) };
  const burst = chance.chance(0.5) ? chance.int(5, 60) : 0;
  return { do: "restore", name: chance.pick(backups), downMs: downMs(chance), burst };
}

function trap({ chance }: Menu): Deed {
  return {
    do: "trap",
    write: chance.pick(["epoch", "commit", "commit", "fold", "fold", "trim", "checkpoint"]),
    skip: chance.chance(0.5) ? chance.int(1, 12) : 0,
    point: chance.pick(["before", "written", "synced"]),
    power: chance.chance(0.5),
    amidCommit: chance.chance(0.7),
    downMs: downMs(chance),
  };
}

function cut({ chance, clients }: Menu): Deed {
  const told = chance.pick(["both", "both", "client", "server", "nobody"] as const);
  return { do: "cut", client: chance.pick(clients), told, bytes: chance.pick([0, chance.skewed(2_000), 1e9]) };
}

function sleep({ chance, v1 }: Menu): Deed {
  return {
    do: "sleep",
    client: chance.pick(v1),
    ms: someMs(chance),
    countsTime: chance.chance(0.5),
    signals: chance.chance(0.5),
    suspends: chance.chance(0.3),
  };
}

function someHosts(chance: Random): readonly string[] {
  return chance.chance(0.7) ? [chance.pick(HOSTS)] : ["web-1", "web-2"];
}

function someDirections(chance: Random): readonly ("up" | "down")[] {
  return chance.pick([["up"], ["down"], ["up", "down"]] as const);
}

function someMs(chance: Random): number {
  return chance.chance(0.2) ? chance.int(20_000, 40_000) : chance.int(200, 12_000);
}

function downMs(chance: Random): number {
  return chance.chance(0.7) ? chance.int(5, 400) : chance.int(400, 15_000);
}

function jump(chance: Random): number {
  return chance.pick([-1, 1]) * chance.pick([500, 5_000, 3_600_000, 30 * 3_600_000]);
}
