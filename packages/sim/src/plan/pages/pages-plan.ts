/** A plan of pages says who mutates, what each asks for, and what goes wrong meanwhile. */

import type { Deed } from "../deeds.ts";
import { joinsAt, makeClient } from "../make-client.ts";
import { makeConfig } from "../make-config.ts";
import type { ClientPlan, PagesPlan, PlannedAction } from "../plan.ts";
import { Random } from "../random.ts";
import { deploys, type Planned, takeovers, troubles } from "../troubles.ts";

export function makePagesPlan(seed: string, keepTrace = false): PagesPlan {
  const chance = new Random(`plan ${seed}/pages`);
  const faultyMs = chance.int(10_000, 40_000);
  const clients = makePages(chance.fork("clients"), faultyMs);
  const actions = [
    ...mutates(chance.fork("mutates"), faultyMs, clients),
    ...writes(chance.fork("writes"), faultyMs),
    ...troubles(chance.fork("troubles"), faultyMs, clients),
    ...pageTroubles(chance.fork("pages' troubles"), faultyMs, clients),
    ...takeovers(chance.fork("takeovers"), faultyMs),
    ...longJumps(chance.fork("long jumps"), faultyMs),
    ...(chance.chance(0.3) ? deploys(chance.fork("releases"), faultyMs) : []),
  ];
  actions.sort((a, b) => a.at - b.at);
  return {
    config: withoutSizes(makeConfig(`${seed}/pages`, chance.fork("config"), keepTrace)),
    clients,
    faultyMs,
    actions: actions.map((action, id): PlannedAction => ({ ...action, id })),
  };
}

/** By rule U9b a line is dropped after 30 days, when another one is begun. */
function longJumps(chance: Random, untilMs: number): Planned[] {
  const count = chance.pick([0, 0, 1, 3]);
  return Array.from({ length: count }, () => {
    return { at: chance.int(0, untilMs), do: "authority_clock", byMs: chance.pick([-1, 1, 1]) * LONG_MS };
  });
}

const LONG_MS = 40 * 24 * 3_600_000;

/** The record that is kept of a line has about the size that other runs have for the largest record. */
function withoutSizes(config: PagesPlan["config"]): PagesPlan["config"] {
  const { recordBytes: _, transactionBytes: __, ...limits } = config.authority.limits;
  return { ...config, authority: { ...config.authority, limits } };
}

function makePages(chance: Random, faultyMs: number): ClientPlan[] {
  return Array.from({ length: chance.int(2, 4) }, (_, n) => {
    const name = `page-${n}`;
    return { ...makeClient(name, "page", "main", chance.fork(name)), joinsAtMs: joinsAt(chance, faultyMs) };
  });
}

/** Pages meet at a few objects. They ask often for a while, and then rarely. */
function mutates(chance: Random, untilMs: number, pages: readonly ClientPlan[]): Planned[] {
  const planned: Planned[] = [];
  const meanMs = chance.pick([100, 300, 1_000]);
  const refusedShare = chance.pick([0, 0.1, 0.3]);
  const quietShare = chance.pick([0, 0.1]);
  for (let at = chance.int(0, 500); at < untilMs; at += 1 + Math.floor(2 * meanMs * chance.next())) {
    planned.push({
      at,
      do: "mutate",
      client: chance.pick(pages).name,
      what: chance.pick(["up", "up", "down", "append", "append", "note", "note_up", "note_up"] as const),
      object: chance.int(0, 1),
      count: chance.chance(0.9) ? 1 : chance.int(2, 8),
      quiet: chance.chance(quietShare),
      refused: chance.chance(refusedShare),
    });
  }
  return planned;
}

function writes(chance: Random, untilMs: number): Planned[] {
  const planned: Planned[] = [];
  const meanMs = chance.pick([300, 1_200, 5_000]);
  for (let at = chance.int(0, 500); at < untilMs; at += 1 + Math.floor(2 * meanMs * chance.next()))
    planned.push({ at, do: "write", space: "main" });
  return planned;
}

function pageTroubles(chance: Random, untilMs: number, pages: readonly ClientPlan[]): Planned[] {
  const planned: Planned[] = [];
  const meanMs = chance.pick([1_000, 3_000, 8_000]);
  for (let at = chance.int(500, 5_000); at < untilMs; at += 1 + Math.floor(2 * meanMs * chance.next()))
    planned.push({ at, ...pageTrouble(chance, chance.pick(pages).name) });
  return planned;
}

function pageTrouble(chance: Random, client: string): Deed {
  const ms = chance.int(200, 8_000);
  const deeds: readonly Deed[] = [
    { do: "reload", client },
    { do: "reload", client },
    { do: "drop", client },
    { do: "drop", client },
    { do: "busy", status: chance.pick([429, 502, 503] as const), ms },
    { do: "partition", client, ms, signals: chance.chance(0.5) },
    { do: "sign_out", client, ms: chance.int(500, 5_000) },
    { do: "cut", client, told: chance.pick(["both", "client", "server", "nobody"] as const), bytes: 0 },
  ];
  return chance.pick(deeds);
}
