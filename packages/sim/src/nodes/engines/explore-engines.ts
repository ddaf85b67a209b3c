/** Nodes are explored in a world of their own: things go wrong as planned, then they heal, and all must be level. */

import type { NodesAction, NodesPlan } from "../../plan/nodes-plan.ts";
import type { WorldConfig } from "../../world/surroundings.ts";
import type { World } from "../../world/world.ts";
import type { StoredCall } from "./given-calls.ts";
import { healedNodes } from "./healed-nodes.ts";
import { NodesWorld } from "./nodes-world.ts";

/** The trace and the counters of the run are told all that was seen. */
export async function exploreEngines(run: World, plan: NodesPlan): Promise<void> {
  const { config } = run;
  const authority = { ...config.authority, limits: plan.limits, buildMs: 20, scale: 1 };
  const own: WorldConfig = { ...config, seed: `${config.seed}/nodes`, authority };
  const world = new NodesWorld(own, plan);
  for (const node of world.nodes) node.start();
  for (const tab of plan.tabs) world.openTab(tab);
  const { caches = [], readers = [] } = plan.readers ?? {};
  world.readers.addCaches(caches);
  for (const reader of readers)
    world.clock.after(reader.joinsAtMs, () => world.readers.open(reader, authority.beaconMs));
  for (const action of plan.actions) world.clock.after(action.at, () => perform(world, action));
  await lookAround(world, plan.faultyMs);
  if (world.failure === null) await healedNodes(world);
  report(run, world);
}

/** The nodes are looked at now and then. */
async function lookAround(world: NodesWorld, ms: number): Promise<void> {
  for (let passed = 0; passed < ms && world.failure === null; passed += LOOK_MS) {
    await world.pass(LOOK_MS);
    world.look();
  }
}

const LOOK_MS = 400;

function report(run: World, world: NodesWorld): void {
  const { trace, failure, counters, clock } = world;
  for (const node of world.nodes) node.crash();
  counters.add("engines_runs");
  for (const [name, count] of Object.entries(counters.toJSON()))
    if (name.startsWith("engines_")) run.counters.add(name, count);
  run.counters.add("engines_events", clock.events);
  for (const line of trace.lines ?? []) run.trace.lines?.push(`nodes ${line}`);
  run.trace.line(run.clock.now, `nodes ${trace.hash}`);
  if (failure !== null) run.fail(failure.rule, `nodes, after ${failure.at} ms: ${failure.message}`);
}

function perform(world: NodesWorld, action: NodesAction): void {
  const { clock, trace, given } = world;
  trace.line(clock.now, `do ${JSON.stringify(action)}`);
  if (action.do !== "apply" && action.do !== "transact") world.counters.add(`engines_${action.do}`);
  if (action.do === "transact") {
    const writer = world.nodes.find(({ isWriter }) => isWriter);
    if (writer !== undefined) writer.happen(() => given.transact(writer, world.random.fork(`action ${action.id}`)));
    return;
  }
  if (action.do === "grant") return grant(world, action);
  if (action.do === "cut_tab") return world.tabs[action.tab]?.network.current?.cut("both", 0);
  if (action.do === "promote") return promote(world, action);
  performOnNode(world, action);
}

/** Each node hears of it as soon as it runs. */
function grant({ tabs, rights, nodes }: NodesWorld, { tab, view }: Extract<NodesAction, { do: "grant" }>): void {
  const { name } = tabs[tab] ?? {};
  if (name === undefined) return;
  rights.grant(name, view);
  for (const node of nodes) node.grant(name, view);
}

function promote(world: NodesWorld, { behindMs, movesMs, id }: Extract<NodesAction, { do: "promote" }>): void {
  const { clock, cluster, counters, nodes } = world;
  const image = cluster.primary.image();
  clock.after(behindMs, () => {
    if (world.isWell) return;
    const lacks = cluster.promote(image);
    if (lacks === null) return;
    if (lacks > 0) counters.add("engines_tail_lost");
    if (movesMs === 0) return cluster.moveAll();
    counters.add("engines_forked");
    const chance = world.random.fork(`action ${id}`);
    for (const { session } of nodes) clock.after(chance.int(0, movesMs), () => cluster.move(session));
  });
}

/** Somebody else waits now and then for what was done. */
function waitFor({ tabs, waiters, random }: NodesWorld, call: StoredCall): void {
  const chance = random.fork(`wait for ${call.id}`);
  const tab = chance.pick(tabs);
  if (tab.config.space === "main" && chance.chance(0.3)) waiters.wait(tab, call);
}

type OnNode = Extract<NodesAction, { node: number }>;

function performOnNode(world: NodesWorld, action: OnNode): void {
  const { clock, given } = world;
  const node = world.nodes[action.node];
  if (node === undefined) return;
  const later = (run: () => void) => clock.after("ms" in action ? action.ms : 0, run);
  switch (action.do) {
    case "apply":
      return node.happen(() => void given.apply(node, action.isKeyed, (call) => waitFor(world, call)));
    case "kill":
      node.crash();
      return void clock.after(action.downMs, () => node.start());
    case "stop":
      return node.stop(action.downMs);
    case "pause":
      node.pause();
      return void later(() => node.resume());
    case "cut":
      node.way.isCut = true;
      return void later(() => Object.assign(node.way, { isCut: false }));
    case "link_down":
      node.link.isDown = true;
      return void later(() => Object.assign(node.link, { isDown: false }));
    case "slow_way":
      node.way.slowMs = action.slowMs;
      return void later(() => Object.assign(node.way, { slowMs: 0 }));
    case "slow_link":
      node.link.slowMs = action.slowMs;
      return void later(() => Object.assign(node.link, { slowMs: 20 }));
    case "lossy_way":
      node.way.loss = action.loss;
      return void later(() => Object.assign(node.way, { loss: 0 }));
    case "lossy_link":
      node.link.loss = action.loss;
      return void later(() => Object.assign(node.link, { loss: 0 }));
    case "take_over":
      return node.happen(() => void node.manager?.takeOver().catch(() => {}));
  }
}
