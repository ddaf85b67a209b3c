/** In one run first things go wrong as planned, and then they heal. */

import { healed } from "./healthy-phase.ts";
import { exploreEngines } from "./nodes/engines/explore-engines.ts";
import { exploreSharedChain } from "./nodes/shared-chain.ts";
import { perform } from "./perform.ts";
import { CALLED_OBJECTS } from "./plan/make-plan.ts";
import type { ClientPlan, RunPlan } from "./plan/plan.ts";
import { SimAgent } from "./world/agent.ts";
import { readAll } from "./world/caller.ts";
import type { RunFailure } from "./world/surroundings.ts";
import { World } from "./world/world.ts";

/** One plan always gives the same result, line by line. */
export async function runPlan(plan: RunPlan): Promise<RunResult> {
  const world = await live(plan);
  if (world.failure === null) await judgeCalls(world);
  if (world.failure === null) await exploreNodes(world);
  if (world.failure === null && plan.nodes !== undefined) await exploreEngines(world, plan.nodes);
  return resultOf(world);
}

/** A world lives through what goes wrong, and heals. */
async function live(plan: RunPlan): Promise<World> {
  const world = new World(plan.config);
  world.authority.start();
  for (const client of plan.clients) world.clock.after(client.joinsAtMs, () => join(world, client));
  const { caches = [], readers = [] } = plan.readers ?? {};
  world.readers.addCaches(caches);
  for (const reader of readers) {
    world.clock.after(reader.joinsAtMs, () => world.readers.open(reader, world.authority.config.beaconMs));
  }
  for (const action of plan.actions) world.clock.after(action.at, () => perform(world, action));
  await world.pass(plan.faultyMs);
  if (world.failure === null) await healed(world);
  return world;
}

export interface RunResult {
  readonly seed: string;
  readonly trace: string;
  readonly counters: Readonly<Record<string, number>>;
  readonly failure: RunFailure | null;
  /** It is a time on the simulated clock, in ms. */
  readonly endedAt: number;
  /** There are some only when the plan asks for them. */
  readonly lines: readonly string[];
}

/** Rule A12 is judged over the whole run. */
async function judgeCalls(world: World): Promise<void> {
  await readAll(world, CALLED_OBJECTS);
  const { problem } = world.calls;
  if (problem !== null) world.fail("A12", problem);
}

/** Nodes that share a store know no clock: they are explored beside the world. */
async function exploreNodes(world: World): Promise<void> {
  const { counters, fail: report } = world;
  const random = world.random.fork("nodes");
  await exploreSharedChain({ random, counters, report }).catch((error: unknown) => {
    world.fail("crash", error instanceof Error ? (error.stack ?? error.message) : String(error));
  });
}

function join(world: World, { name, kind, space, parts = false, steps = false, keeps, ...network }: ClientPlan): void {
  if (kind === "plain") {
    Object.assign(world.openPlain(name, space, network).network.http, { loss: 0, double: 0 });
    return;
  }
  const inBrowser = kind === "tab" || kind === "page";
  const tab = world.openTab(name, space, network, { inBrowser, parts, steps, mutates: kind === "page", keeps });
  Object.assign(tab.network.http, { loss: network.httpLoss, double: network.httpDouble });
  if (kind === "agent") new SimAgent(world, tab);
}

function resultOf(world: World): RunResult {
  const { config, trace, counters, failure, clock } = world;
  world.authority.process?.end(true);
  for (const { counters: of } of [...world.tabs.values(), ...world.readers.tabs.values()]) {
    const { resyncs, ...counts } = of;
    for (const [name, count] of Object.entries(counts)) counters.add(`client_${name}`, count);
    for (const [reason, count] of Object.entries(resyncs)) counters.add(`resync_${reason}`, count);
  }
  counters.add("runs");
  if (world.readers.tabs.size > 0) counters.add("runs_with_readers");
  counters.add("events", clock.events);
  counters.add("simulated_s", Math.round(clock.now / 1_000));
  trace.line(clock.now, JSON.stringify(counters));
  return {
    seed: config.seed,
    trace: trace.hash,
    counters: counters.toJSON(),
    failure,
    endedAt: clock.now,
    lines: trace.lines ?? [],
  };
}
