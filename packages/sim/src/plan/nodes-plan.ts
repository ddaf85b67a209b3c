/** A plan of nodes says what happens to several nodes on one database, and to their clients. */

import type { Limits } from "@neverstale/server";
import type { NetworkConfig } from "../network/network.ts";
import type { Random } from "./random.ts";
import { makeReadersPlan, type ReadersPlan } from "./readers-plan.ts";
import { VIEW_NAMES, type ViewName } from "./views/views.ts";

export interface NodesPlan {
  readonly nodes: number;
  readonly hasLinks: boolean;
  readonly retention: { readonly logChanges: number; readonly chainEntries: number };
  readonly limits: Partial<Limits>;
  readonly tabs: readonly NodesTab[];
  readonly actions: readonly NodesAction[];
  /** Some have readers, each of whose requests goes to any node. */
  readonly readers?: ReadersPlan;
  /** Things go wrong for so many ms. */
  readonly faultyMs: number;
}

interface NodesTab extends NetworkConfig {
  readonly name: string;
  readonly space: string;
  readonly parts: boolean;
  readonly steps: boolean;
}

export type NodesAction = { readonly at: number; readonly id: number } & NodesDeed;

type NodesDeed =
  | { readonly do: "apply"; readonly node: number; readonly isKeyed: boolean }
  | { readonly do: "transact" }
  | { readonly do: "kill" | "stop"; readonly node: number; readonly downMs: number }
  | { readonly do: "pause" | "cut" | "link_down"; readonly node: number; readonly ms: number }
  | { readonly do: "slow_way" | "slow_link"; readonly node: number; readonly slowMs: number; readonly ms: number }
  | { readonly do: "lossy_way" | "lossy_link"; readonly node: number; readonly loss: number; readonly ms: number }
  | { readonly do: "take_over"; readonly node: number }
  | { readonly do: "cut_tab"; readonly tab: number }
  | { readonly do: "grant"; readonly tab: number; readonly view: ViewName }
  /**
   * A standby hears no more, and takes the place of the primary later. The nodes find it there at once, or one after the other within
   * `movesMs`: the old primary lives on meanwhile.
   */
  | { readonly do: "promote"; readonly behindMs: number; readonly movesMs: number };

/** Some runs have nodes. */
export function makeNodesPlan(chance: Random): NodesPlan | null {
  return chance.chance(SHARE) ? someNodes(chance) : null;
}

/** The tabs of these nodes follow views, and none follows over HTTP (rule V23). */
export function makeViewNodesPlan(chance: Random): NodesPlan {
  const { readers: _, ...plan } = someNodes(chance);
  const tabs = plan.tabs.map((tab) => ({ ...tab, space: "main" }));
  const actions = [...plan.actions, ...grants(chance.fork("grants"), plan.faultyMs, tabs.length)];
  return { ...plan, tabs, actions: inOrder(actions) };
}

function someNodes(chance: Random): NodesPlan {
  const nodes = chance.int(2, 3);
  const faultyMs = chance.int(10_000, 30_000);
  const tabs = Array.from({ length: chance.int(1, 3) }, (_, n) => makeTab(`tab-${n + 1}`, chance.fork(`tab ${n}`)));
  const actions = [
    ...calls(chance.fork("calls"), faultyMs, nodes),
    ...troubles(chance.fork("troubles"), faultyMs, nodes, tabs.length),
  ];
  const readers = makeReadersPlan(chance.fork("readers"), faultyMs, READERS_SHARE);
  return {
    ...{ nodes, tabs, faultyMs },
    ...(readers === null ? {} : { readers }),
    hasLinks: chance.chance(0.8),
    retention: { logChanges: chance.pick([0, 10, 1_000_000]), chainEntries: chance.pick([3, 10, 1_000_000]) },
    limits: { foldMs: chance.int(300, 3_000) },
    actions: inOrder(actions),
  };
}

function inOrder(actions: readonly Planned[]): readonly NodesAction[] {
  return actions.toSorted((a, b) => a.at - b.at).map((action, id) => ({ ...action, id }));
}

/** Each tab is granted a view before it comes, and some another one later. */
function grants(chance: Random, untilMs: number, tabs: number): Planned[] {
  const grant = (at: number, tab: number): Planned => ({ at, do: "grant", tab, view: chance.pick(VIEW_NAMES) });
  const planned = Array.from({ length: tabs }, (_, tab) => grant(0, tab));
  const meanMs = chance.pick([1_000, 5_000, 20_000]);
  for (let at = chance.int(500, 5_000); at < untilMs; at += 1 + Math.floor(2 * meanMs * chance.next()))
    planned.push(grant(at, chance.int(0, tabs - 1)));
  return planned;
}

function makeTab(name: string, chance: Random): NodesTab {
  return {
    name,
    space: chance.chance(0.8) ? "main" : "output/c1",
    parts: chance.chance(0.5),
    steps: chance.chance(0.8),
    latencyMs: chance.pick([1, 20]),
    jitterMs: chance.pick([0, 10]),
    kernelBytes: 4_000_000,
    late: chance.pick([0, 1]),
    tcpTimeoutMs: 20_000,
  };
}

type Planned = NodesDeed & { readonly at: number };

function calls(chance: Random, untilMs: number, nodes: number): Planned[] {
  const planned: Planned[] = [];
  const meanMs = chance.pick([100, 300, 1_000]);
  for (let at = chance.int(0, 500); at < untilMs; at += 1 + Math.floor(2 * meanMs * chance.next())) {
    const node = chance.int(0, nodes - 1);
    planned.push(chance.chance(0.7) ? { at, do: "apply", node, isKeyed: chance.chance(0.5) } : { at, do: "transact" });
  }
  return planned;
}

function troubles(chance: Random, untilMs: number, nodes: number, tabs: number): Planned[] {
  const kinds = TROUBLES.filter(() => chance.chance(0.5));
  const count = kinds.length === 0 ? 0 : chance.int(1, 10);
  const planned = Array.from({ length: count }, () => {
    const at = chance.int(500, untilMs);
    const node = chance.int(0, nodes - 1);
    const ms = chance.pick([chance.int(50, 900), chance.int(1_000, 8_000), chance.int(8_000, 15_000)]);
    return { at, ...trouble(chance, chance.pick(kinds), { node, ms, tab: chance.int(0, tabs - 1) }) };
  });
  return planned.flatMap((one) => (chance.chance(0.4) ? [one, ...withoutLink(one)] : [one]));
}

/** A node that is troubled on its way to the database may be cut off from the other nodes as well. */
function withoutLink(planned: Planned): Planned[] {
  if (planned.do !== "cut" && planned.do !== "slow_way" && planned.do !== "lossy_way") return [];
  const { at, node, ms } = planned;
  return [{ at, do: "link_down", node, ms }];
}

function trouble(
  chance: Random,
  kind: NodesDeed["do"],
  { node, ms, tab }: { readonly node: number; readonly ms: number; readonly tab: number },
): NodesDeed {
  switch (kind) {
    case "kill":
    case "stop":
      return { do: kind, node, downMs: chance.pick([0, 300, 5_000]) };
    case "slow_way":
    case "slow_link":
      return { do: kind, node, slowMs: chance.pick([100, 1_000, 4_000, 8_000]), ms };
    case "lossy_way":
    case "lossy_link":
      return { do: kind, node, loss: chance.pick([0.05, 0.3, 0.8]), ms };
    case "take_over":
      return { do: kind, node };
    case "promote":
      return { do: kind, behindMs: chance.pick([0, 100, 1_000, 4_000]), movesMs: chance.pick([0, 0, 1_000, 8_000]) };
    case "pause":
    case "cut":
    case "link_down":
      return { do: kind, node, ms };
    default:
      return { do: "cut_tab", tab };
  }
}

const TROUBLES: readonly NodesDeed["do"][] = [
  "kill",
  "stop",
  "pause",
  "cut",
  "link_down",
  "slow_way",
  "slow_link",
  "lossy_way",
  "lossy_link",
  "take_over",
  "promote",
  "cut_tab",
];

/** Nodes cost time, and a run without them explores other things. */
const SHARE = 0.25;
const READERS_SHARE = 0.4;
