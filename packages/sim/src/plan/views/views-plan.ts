/** A plan of views says who may see what and when that changes, and what goes wrong meanwhile. */

import { joinsAt, makeClient } from "../make-client.ts";
import { makeConfig } from "../make-config.ts";
import { makeViewNodesPlan } from "../nodes-plan.ts";
import type { ClientPlan, PlannedAction, ViewsPlan } from "../plan.ts";
import { Random } from "../random.ts";
import { deploys, type Planned, takeovers, troubles } from "../troubles.ts";
import { VIEW_NAMES } from "./views.ts";

export function makeViewsPlan(seed: string, keepTrace = false): ViewsPlan {
  const chance = new Random(`plan ${seed}/views`);
  const faultyMs = chance.int(10_000, 40_000);
  const clients = makeFollowers(chance.fork("clients"), faultyMs);
  const actions = [
    ...writes(chance.fork("writes"), faultyMs),
    ...rights(chance.fork("rights"), faultyMs, clients),
    ...troubles(chance.fork("troubles"), faultyMs, clients),
    ...takeovers(chance.fork("takeovers"), faultyMs),
    ...(chance.chance(0.6) ? deploys(chance.fork("releases"), faultyMs) : []),
  ];
  actions.sort((a, b) => a.at - b.at);
  return {
    config: { ...makeConfig(`${seed}/views`, chance.fork("config"), keepTrace), views: true },
    clients,
    faultyMs,
    actions: actions.map((action, id): PlannedAction => ({ ...action, id })),
    ...(chance.chance(NODES_SHARE) ? { nodes: makeViewNodesPlan(chance.fork("nodes")) } : {}),
  };
}

/** So many of the runs go on with several nodes. */
const NODES_SHARE = 0.5;

function makeFollowers(chance: Random, faultyMs: number): ClientPlan[] {
  return Array.from({ length: chance.int(2, 5) }, (_, n) => {
    const name = `tab-${n}`;
    return { ...makeClient(name, "tab", "main", chance.fork(name)), joinsAtMs: joinsAt(chance, faultyMs) };
  });
}

/** Each is granted something before it comes, and some something else later. */
function rights(chance: Random, untilMs: number, clients: readonly ClientPlan[]): Planned[] {
  const planned = clients.map(
    ({ name }): Planned => ({ at: 0, do: "grant", client: name, view: chance.pick(VIEW_NAMES) }),
  );
  const meanMs = chance.pick([1_000, 5_000, 20_000]);
  for (let at = chance.int(500, 5_000); at < untilMs; at += 1 + Math.floor(2 * meanMs * chance.next()))
    planned.push({ at, do: "grant", client: chance.pick(clients).name, view: chance.pick(VIEW_NAMES) });
  return planned;
}

function writes(chance: Random, untilMs: number): Planned[] {
  const planned: Planned[] = [];
  const meanMs = chance.pick([100, 300, 1_000]);
  for (let at = chance.int(0, 500); at < untilMs; at += 1 + Math.floor(2 * meanMs * chance.next())) {
    const kind = chance.next();
    if (kind < 0.03) planned.push({ at, do: "write_many", count: chance.int(5, 40) });
    else if (kind < 0.05) planned.push({ at, do: "crowd", count: chance.int(20, 60), gone: chance.chance(0.5) });
    else planned.push({ at, do: "write", space: "main" });
  }
  return planned;
}
