/** Once everything is well, all nodes and all clients must be level, and a takeover must cost a replica one step. */

import { difference } from "../../checks/same-state.ts";
import type { Tab } from "../../world/tab.ts";
import type { EngineNode } from "./engine-node.ts";
import type { NodesWorld } from "./nodes-world.ts";

export async function healedNodes(world: NodesWorld): Promise<void> {
  world.trace.line(world.clock.now, "everything heals");
  world.isWell = true;
  world.cluster.moveAll();
  for (const node of world.nodes) node.heal();
  for (const { network } of [...world.tabs, ...world.readers.tabs.values()]) network.heal();
  world.readers.heal();
  await world.pass(ON_ITS_WAY_MS);
  await mustBeLevel(world, LEVEL_MS, "P2");
  await readersMustBeLevel(world);
  world.given.check();
  await writeAndSee(world);
  await takeOverAndSee(world, "take over");
  await takeOverAndSee(world, "kill");
  await mustBeLevel(world, LEVEL_MS, "P2");
  await readersMustBeLevel(world);
  world.given.check();
}

/** A node takes over at most every 30 s when it has often tried in vain, and a client waits as long (rules T3 and R6). */
const LEVEL_MS = 75_000;
/** All that was sent in sickness has arrived by then, and its answer too. */
const ON_ITS_WAY_MS = 10_000;
const SEEN_MS = 3_000;
/** A writer's death costs writers at most 5 s (promise P7). */
const DEATH_MS = 5_000;

async function mustBeLevel(world: NodesWorld, withinMs: number, rule: string): Promise<void> {
  if (world.failure !== null) return;
  let problem = problemOf(world);
  await world.pass(withinMs, () => {
    problem = problemOf(world);
    return problem !== null;
  });
  if (world.failure === null && problem !== null) world.fail(rule, `${problem}, ${withinMs} ms later`);
  world.look();
}

/** Readers take longer: an answer may lie in a cache first, and a poll that waits is not answered for a step alone (rule H2). */
async function readersMustBeLevel(world: NodesWorld): Promise<void> {
  const late = () => [...world.readers.tabs.values()].find((tab) => !isLevel(world, tab));
  const { beaconMs } = world.config.authority;
  const withinMs = LEVEL_MS + 2 * beaconMs;
  if (world.failure === null) await world.pass(withinMs, () => late() !== undefined);
  const tab = late();
  if (world.failure === null && tab !== undefined)
    world.fail("P2", `${tab.name} (${tab.status}) is not level, ${withinMs} ms later`);
}

function problemOf(world: NodesWorld): string | null {
  const writers = world.nodes.filter(({ isWriter }) => isWriter).length;
  if (writers !== 1) return `there are ${writers} writers`;
  for (const node of world.nodes) {
    const problem = behind(world, node);
    if (problem !== null) return `${node.name} ${problem}`;
  }
  const late = world.tabs.find((tab) => !isLevel(world, tab));
  if (late !== undefined) return `${late.name} (${late.status}) is not level`;
  return world.waiters.open === 0 ? null : `${world.waiters.open} wait for a position`;
}

/** A node has all that is stored, under the epoch and the lineage of the chain. */
function behind(world: NodesWorld, { manager }: EngineNode): string | null {
  if (manager === null || manager.refusal !== null) return "does not serve";
  const { branch } = world.cluster.primary;
  if (manager.epoch !== world.cluster.primary.confirm().head?.term) return "is in another epoch";
  if (manager.spaces().length !== branch.spaces.size) return "has other spaces";
  for (const [name, { creationId, head }] of branch.spaces) {
    const space = manager.space(name);
    if (space?.creationId !== creationId || space.head !== head.version) return `is behind in ${name}`;
    const where = difference(space.state, head.state);
    if (where !== null) return `has another ${where}`;
  }
  return null;
}

function isLevel({ cluster }: NodesWorld, tab: Tab): boolean {
  const history = cluster.primary.branch.spaces.get(tab.config.space);
  if (history === undefined) return tab.status === "stale: unknown_space";
  const { position } = tab.driver;
  return (
    tab.status === "live" &&
    position?.epoch === cluster.primary.confirm().head?.term &&
    position?.space === history.creationId &&
    (position.version === history.head.version || tab.lacksNothing(position, history.moments, history.head.version))
  );
}

/** A change that is given to any node is done within a second, and everybody sees it. */
async function writeAndSee(world: NodesWorld): Promise<void> {
  for (const node of world.nodes) {
    if (world.failure !== null) return;
    if (node.hasLink || node.isWriter) {
      const acked = world.counters.get("engines_calls_acked");
      node.happen(() => void world.given.apply(node, true));
      await world.pass(1_000, () => world.counters.get("engines_calls_acked") === acked);
      if (world.counters.get("engines_calls_acked") === acked) world.fail("W1", `${node.name} carries nothing out`);
    }
    await mustBeLevel(world, SEEN_MS, "N3");
  }
}

/** By promise P7 replicas at other nodes are moved on by one step, and nobody is given a full state. */
async function takeOverAndSee(world: NodesWorld, how: "take over" | "kill"): Promise<void> {
  const writer = world.nodes.find(({ isWriter }) => isWriter);
  const other = world.nodes.find(({ isWriter }) => !isWriter);
  if (world.failure !== null || writer === undefined || other === undefined) return;
  const hubs = world.nodes.flatMap(({ hub }) => (hub === null ? [] : [hub]));
  const fullStates = () =>
    hubs.reduce((sum, { metrics }) => sum + COSTS.reduce((n, why) => n + (metrics.fullStates[why] ?? 0), 0), 0);
  const takers = world.tabs.filter(
    ({ config, network, status }) =>
      config.steps && status === "live" && (how === "take over" || !writer.holds(network.current)),
  );
  const before = { full: fullStates(), reconnects: takers.map(({ counters }) => counters.reconnects) };
  const { epoch } = writer.manager ?? {};
  if (how === "take over") other.happen(() => void other.manager?.takeOver().catch(() => {}));
  else writer.crash();
  const isOver = () => world.cluster.primary.confirm().head?.term !== epoch;
  await world.pass(how === "kill" ? DEATH_MS : 1_000, () => !isOver());
  if (!isOver()) return world.fail("P7", `nobody takes over after "${how}"`);
  if (how === "kill") writer.start();
  await mustBeLevel(world, how === "kill" ? LEVEL_MS : SEEN_MS, "N8");
  if (world.failure !== null) return;
  if (fullStates() > before.full) world.fail("P7", `"${how}" costs ${fullStates() - before.full} full states`);
  const came = takers.findIndex(({ counters }, n) => counters.reconnects !== before.reconnects[n]);
  if (came >= 0) world.fail("P7", `"${how}" costs ${takers[came]?.name} its connection to another node`);
}

/** A takeover could cost these. */
const COSTS = ["first", "epoch", "ahead", "view", "asked_gap", "asked_drift", "asked_digest", "asked_epoch"] as const;
