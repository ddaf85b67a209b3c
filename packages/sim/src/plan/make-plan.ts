/** A plan is made from a seed alone. */

import type { Deed } from "./deeds.ts";
import { joinsAt, makeClient } from "./make-client.ts";
import { makeConfig } from "./make-config.ts";
import { makeNodesPlan } from "./nodes-plan.ts";
import type { ClientPlan, PlannedAction, RunPlan } from "./plan.ts";
import { Random } from "./random.ts";
import { makeReadersPlan, type ReadersPlan, readersTroubles } from "./readers-plan.ts";
import { deploys, type Planned, SPACES, takeovers, troubles } from "./troubles.ts";

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
