/** A plan is made from a seed alone. */

import type { Limits } from "@neverstale/server";
import type { DiskConfig } from "../store/disk.ts";
import type { Deed } from "./deeds.ts";
import { makeNodesPlan } from "./nodes-plan.ts";
import type { ClientPlan, PlannedAction, RunPlan } from "./plan.ts";
import { Random } from "./random.ts";
import { makeReadersPlan, type ReadersPlan, readersTroubles } from "./readers-plan.ts";
import { FIRST_RELEASE, nextRelease } from "./releases.ts";

/** Each run has its own mixture of faults: some are left out, and some come often. */
export function makePlan(seed: string, keepTrace = false): RunPlan {
  const chance = new Random(`plan ${seed}`);
  const faultyMs = chance.int(15_000, 70_000);
  const clients = makeClients(chance.fork("clients"), faultyMs);
  const actions = [...writes(chance.fork("writes"), faultyMs), ...troubles(chance.fork("troubles"), faultyMs, clients)];
  actions.sort((a, b) => a.at - b.at);
  // They come behind all others, so that what follows from the numbers of those stays as it is.
  actions.push(...calls(chance.fork("calls"), faultyMs, clients), ...deploys(chance.fork("releases"), faultyMs));
  actions.push(...takeovers(chance.fork("takeovers"), faultyMs));
  const readers = makeReadersPlan(chance.fork("readers"), faultyMs);
  if (readers !== null) actions.push(...readersTroubles(chance.fork("readers' troubles"), faultyMs, readers));
  const plan = {
    config: makeConfig(seed, chance.fork("config"), keepTrace),
    clients,
    faultyMs,
    actions: actions.map((action, id): PlannedAction => ({ ...action, id })),
  };
  const nodes = makeNodesPlan(chance.fork("nodes"));
  const whole = { ...withFullState(plan, chance.fork("full state")), ...(nodes === null ? {} : { nodes }) };
  return readers === null ? whole : withReaders(whole, readers, chance.fork("kept snapshots"));
}

/** Callers meet at so many registers, and at as many counters. */
export const CALLED_OBJECTS = 2;

const DAY_MS = 24 * 3_600_000;

const HOSTS = ["web-1", "web-2", "db-1"];
const SPACES = ["agent/web-1", "agent/web-2", "output/c1", "output/c2"];

/** With these the store works in steps so small that every bound is met. */
const SMALL_STEPS = {
  sliceMs: 0,

  rowsAtOnce: 2,
  rowsPerMessage: 8,
  trimBytes: 4_096,
  pagesPerCommit: 1,
};

function makeConfig(seed: string, chance: Random, keepTrace: boolean): RunPlan["config"] {
  const limits = {
    ...sizes(chance.fork("sizes")),
    tombstones: chance.chance(0.15) ? 200 : chance.int(0, 6),
    plainLogChars: chance.pick([200, 600, 20_000]),
    stuckMs: 12_000,
    largeDeltaChars: chance.fork("large deltas").pick([200, 500, 1_000_000]),
    foldMs: chance.int(300, 3_000),
    batchCalls: chance.pick([2, 20_000]),
  };
  const authority = {
    limits,
    beaconMs: chance.pick([3_000, 5_000]),
    scale: chance.chance(0.4) ? chance.pick([200, 1_000, 4_000]) : 1,
    zipFromChars: chance.pick([150, 600, 1e9]),
    buildMs: chance.pick([0, 20, 300, 2_000]),
    loopUtilization: chance.pick([0, 0.6, 1]),
  };
  const disk: DiskConfig = {
    writer: chance.pick(["worker", "worker", "auto", "inline"] as const),
    retention: {
      logChanges: chance.pick([0, 10, 1_000_000]),
      historyRows: chance.pick([0, 5, 1_000_000]),
      answersPerOwner: 60,
      chainEntries: chance.fork("chain").pick([0, 10, 1_000_000]),
    },
    settings: {
      ...SMALL_STEPS,
      rowsPerLook: chance.int(1, 4),
      trimRows: chance.pick([1, 8]),
      checkpointPages: chance.pick([8, 100]),
    },
  };
  return { seed, authority, disk, keepTrace };
}

/** These bounds are near what a run's records and transactions come to. */
function sizes(chance: Random): Partial<Limits> {
  if (chance.chance(0.5)) return {};
  return {
    recordBytes: chance.int(160, 220),
    transactionBytes: chance.int(1_000, 6_000),
    groupBytes: chance.int(1_000, 4_000),
    transactionChanges: chance.int(20, 60),
    tombstonesInAll: chance.int(5, 60),
  };
}

/** A state may fill up where no agent takes part, because an agent that can't say that it is done never is. */
function withFullState(plan: RunPlan, chance: Random): RunPlan {
  if (plan.clients.some(({ kind }) => kind === "agent") || !chance.chance(0.4)) return plan;
  const { authority } = plan.config;
  const limits = { ...authority.limits, stateBytes: chance.int(2_000, 6_000) };
  return { ...plan, config: { ...plan.config, authority: { ...authority, limits } } };
}

/** The authority keeps few snapshots for them, or many. Its beacons are most often so rare that caches may keep answers (rule H2). */
function withReaders(plan: RunPlan, readers: ReadersPlan, chance: Random): RunPlan {
  const { authority } = plan.config;
  const limits = { ...authority.limits, keptSnapshotBytes: chance.pick([1, 20_000, 1_000_000]) };
  const beaconMs = chance.chance(0.8) ? 15_000 : authority.beaconMs;
  return { ...plan, readers, config: { ...plan.config, authority: { ...authority, beaconMs, limits } } };
}

function makeClients(chance: Random, faultyMs: number): ClientPlan[] {
  const clients: ClientPlan[] = [];
  const add = (count: number, kind: ClientPlan["kind"], space: () => string) => {
    for (let i = 0; i < count; i += 1) {
      const name = `${kind}-${clients.length}`;
      clients.push({ ...makeClient(name, kind, space(), chance.fork(name)), joinsAtMs: joinsAt(chance, faultyMs) });
    }
  };
  add(chance.int(1, 4), "tab", () => "main");
  add(chance.int(0, 1), "tab", () => chance.pick(["output/c1", "output/c2"]));
  add(chance.int(0, 2), "agent", () => chance.pick(["agent/web-1", "agent/web-2"]));
  add(chance.int(0, 2), "plain", () => (chance.chance(0.8) ? "main" : "output/c1"));
  return clients;
}

function joinsAt(chance: Random, faultyMs: number): number {
  return chance.chance(0.6) ? chance.int(0, 200) : chance.int(0, faultyMs / 2);
}

function makeClient(
  name: string,
  kind: ClientPlan["kind"],
  space: string,
  chance: Random,
): Omit<ClientPlan, "joinsAtMs"> {
  return {
    name,
    kind,
    space,
    latencyMs: chance.pick([1, 20, 150]),
    jitterMs: chance.pick([0, 10, 400]),
    kernelBytes: chance.pick([16_000, 256_000, 4_000_000]),
    late: chance.pick([0, 1]),
    tcpTimeoutMs: chance.int(5_000, 60_000),
    httpLoss: chance.pick([0, 0.1, 0.4]),
    httpDouble: chance.pick([0, 0.1, 0.4]),
    parts: chance.fork("parts").chance(0.7),
    steps: chance.fork("steps").chance(0.8),
  };
}

type Planned = Deed & { readonly at: number };

function writes(chance: Random, untilMs: number): Planned[] {
  const planned: Planned[] = [];
  const meanMs = chance.pick([150, 400, 1_200]);
  for (let at = chance.int(0, 500); at < untilMs; at += 1 + Math.floor(2 * meanMs * chance.next())) {
    planned.push({ at, ...aWrite(chance) });
  }
  return planned;
}

function aWrite(chance: Random): Deed {
  const kind = chance.next();
  if (kind < 0.02) return { do: "write_many", count: chance.int(5, 40) };
  if (kind < 0.04) return { do: "crowd", count: chance.int(20, 60), gone: chance.chance(0.5) };
  if (kind < 0.06) return { do: "read_state" };
  return { do: "write", space: chance.chance(0.75) ? "main" : chance.pick(SPACES) };
}

/** Callers meet at a few objects, so that most of what they do is done at the same time as something else. */
function calls(chance: Random, untilMs: number, clients: readonly ClientPlan[]): Planned[] {
  const planned: Planned[] = [];
  const meanMs = chance.pick([300, 1_000, 3_000]);
  const tabs = clients.filter(({ kind, space }) => kind === "tab" && space === "main").map(({ name }) => name);
  for (let at = chance.int(0, 1_000); at < untilMs; at += 1 + Math.floor(2 * meanMs * chance.next())) {
    for (let together = chance.pick([1, 1, 2, 4]); together > 0; together -= 1)
      planned.push({ at, ...aCall(chance, tabs) });
  }
  return planned;
}

/** Releases follow each other. Some go back to the one before. */
function deploys(chance: Random, untilMs: number): Planned[] {
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

/** Some follow each other closely, so that several happen within one message in parts, or one wait. */
function takeovers(chance: Random, untilMs: number): Planned[] {
  const planned: Planned[] = [];
  for (let count = chance.pick([0, 0, 1, 4, 12]); count > 0; count -= 1) {
    const at = chance.int(200, untilMs);
    for (let more = chance.pick([1, 1, 1, 3]); more > 0; more -= 1)
      planned.push({ at: at + chance.int(0, 1_000), do: "take_over" });
  }
  return planned;
}

function aCall(chance: Random, tabs: readonly string[]): Deed {
  const what = chance.pick(["swap", "swap", "add", "add", "read", "count"] as const);
  return {
    do: "call",
    caller: `caller-${chance.int(1, 4)}`,
    what,
    object: chance.int(0, CALLED_OBJECTS - 1),
    fate: chance.pick(["answered", "answered", "answered", "request_lost", "answer_lost", "doubled"] as const),
    latencyMs: chance.pick([0, 10, 400]),
    ...(chance.chance(0.3) ? { reader: chance.pick(tabs) } : {}),
  };
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

function troubles(chance: Random, untilMs: number, clients: readonly ClientPlan[]): Planned[] {
  const menu: Menu = {
    chance,
    clients: clients.map(({ name }) => name),
    v1: clients.filter(({ kind }) => kind !== "plain").map(({ name }) => name),
    main: clients.filter(({ kind, space }) => kind === "tab" && space === "main").map(({ name }) => name),
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
