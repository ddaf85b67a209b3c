/** In the healthy phase everything heals, and every client must become level, in time, and stay so (promise P2). */

import { SyncError } from "@neverstale/protocol";
import type { SyncHub, Wire } from "@neverstale/server";
import { wrongArchive } from "./checks/ended-spaces.ts";
import type { SimConnection } from "./network/connection.ts";
import type { PlainClient } from "./world/plain-client.ts";
import type { Tab } from "./world/tab.ts";
import type { World } from "./world/world.ts";

export async function healed(world: World): Promise<void> {
  healEverything(world);
  await world.pass(START_MS, () => !world.authority.serving);
  if (!world.authority.serving) return world.fail("P2", "the authority does not start");
  // A takeover may wait behind the work of the disk. When it is done it closes the connections of those who take no steps.
  await world.pass(DRAIN_MS, () => takesOver(world));
  await world.pass(2 * world.config.authority.buildMs + ON_ITS_WAY_MS); // Then all that was begun in sickness is over.
  const told = [...world.tabs.values()].filter(
    // A page that reads what was left may hold its connection up for two seconds more (rule U19).
    ({ config, network }, index) =>
      index % 2 === 0 && config.space === "main" && config.keeps === undefined && network.current?.meddledWith !== true,
  );
  for (const tab of told) tab.environment.signal("awake");
  await mustBeLevel(world, told, TOLD_MS, "P2");
  await mustBeLevel(world, everyone(world), levelWithinMs(world), "P2");
  await nothingMayBePending(world);
  await world.pass(DRAIN_MS, () => (world.authority.manager?.metrics().writer_waiting_calls ?? 0) > 0);
  for (let round = 0; round < 3 && world.failure === null; round += 1) await writeAndSee(world, round);
  await takeOverAndSee(world);
  await mustSettle(world);
  await tasksMustEnd(world);
  await world.pass(2 * world.authority.config.beaconMs + 500);
  await mustBeLevel(world, untouched(world).filter(connects), SEEN_MS, "P2");
  await mustBeLevel(world, untouched(world), throughCachesMs(world), "P2");
  await checkWindows(world);
  await followToTheEnd(world);
  await closeAndOpen(world);
}

/** A level client shows the newest there is, and says so. A tab on a space that is gone says that. */
export function isClientLevel(world: World, client: Tab | PlainClient): boolean {
  const { process } = world.authority;
  if (!("driver" in client)) return isPlainLevel(world, client);
  const space = process?.manager?.space(client.config.space) ?? null;
  if (space === null) return client.status === "stale: unknown_space";
  const { position } = client.driver;
  return (
    client.status === "live" &&
    position?.epoch === process?.epoch &&
    position?.space === space.creationId &&
    (position.version === space.head ||
      client.lacksNothing(position, world.oracle.historyOf(position)?.moments, space.head))
  );
}

/** This is the longest backoff (rule R6). A replica that has asked five times in a minute waits for `LIMITED_MS`. */
const LONGEST_BACKOFF_MS = 30_000;
const LIMITED_MS = 60_000;
/** Promise P2 gives a replica so long that was told that it is awake. The way there and back is in it. */
const TOLD_MS = 2_000;
/** A frame that fills the window waits for the ack of the one before, which takes 250 ms and the way there and back. */
const SEEN_MS = 2_000;
/** Where no diff leads on, a reader over HTTP fetches the state, and another one a second later when the first came too late (rule H5). */
const STATE_MS = 4_000;
const START_MS = 10_000;
/** The slowest frame that was sent before everything healed has arrived by then. */
const ON_ITS_WAY_MS = 600;
/** All that was asked for while the disk was slow is done by then. */
const DRAIN_MS = 20_000;
/** A follower reads the whole chain in this time, entry by entry. */
const FOLLOWED_MS = 60_000;
/** Open dispatches try for so long, and wait as long again for a lost answer. */
const DISPATCH_MS = 60_000;
/** A request under way is given up after 10 s, and its repeat waits for one backoff. */
const PENDING_MS = 60_000;
/** An agent looks again after 15 s, begins within 2 s and tries for 10 s. A restore may have undone its last word. */
const TASKS_MS = 60_000;

function healEverything(world: World): void {
  world.trace.line(world.clock.now, "everything heals");
  world.busy = null;
  world.isHealing = true;
  Object.assign(world.snapshots, { failedBuilds: 0, buildMs: Math.min(world.snapshots.buildMs, 20) });
  world.disk.heal();
  if (world.disk.hasFailed) world.authority.crash(false);
  world.authority.keepRunning();
  for (const { network } of everyone(world)) network.heal();
  world.readers.heal();
  for (const tab of replicas(world)) {
    world.sessions.signIn(tab.name);
    tab.environment.wake();
    tab.environment.act(() => tab.start(tab.page?.queue === null ? undefined : tab.name));
    tab.environment.signal("online");
  }
}

function everyone(world: World): readonly (Tab | PlainClient)[] {
  return [...replicas(world), ...world.plainClients.values()];
}

function replicas(world: World): readonly Tab[] {
  return [...world.tabs.values(), ...world.readers.tabs.values()];
}

/**
 * It returns those on a connection that nobody meddled with. A frame that was swallowed takes up a part of its window
 * for good.
 */
function untouched(world: World): readonly (Tab | PlainClient)[] {
  return everyone(world).filter(({ network }) => network.current?.meddledWith !== true);
}

/** It hears of each commit at once. What a reader is told may lie in a cache first. */
function isPrompt(client: Tab | PlainClient): boolean {
  return !("driver" in client) || client.config.http === undefined || client.config.http.isDirect;
}

/** It follows over a WebSocket. A poll that waits is not answered for a step alone (rule H2). */
function connects(client: Tab | PlainClient): boolean {
  return !("driver" in client) || client.config.http === undefined;
}

/** A request may wait for the end of another one's, which brought no news, and then for its own. Each cache keeps for a second. */
function throughCachesMs(world: World): number {
  return 2 * world.authority.config.beaconMs + 1_000 * world.readers.caches.length + SEEN_MS;
}

function levelWithinMs(world: World): number {
  const limited = replicas(world).some(({ status }) => status === "stale: resyncing_in_vain");
  return 2 * world.authority.config.beaconMs + 5_000 + LONGEST_BACKOFF_MS + (limited ? LIMITED_MS : 0);
}

async function mustBeLevel(
  world: World,
  clients: readonly (Tab | PlainClient)[],
  withinMs: number,
  rule: string,
): Promise<void> {
  const behind = () =>
    clients.find((client) => {
      comeBackTo(world, client);
      return !isClientLevel(world, client);
    });
  await world.pass(withinMs, () => behind() !== undefined);
  const late = behind();
  if (late === undefined) return;
  const status = "driver" in late ? late.status : late.connected ? "connected" : "not connected";
  world.fail(rule, `${late.name} (${status}) is not level ${withinMs} ms after everything healed`);
}

/**
 * A replica that was sent away for good doesn't come back by itself. Whoever uses it signs in, or sees its space again.
 */
function comeBackTo(world: World, client: Tab | PlainClient): void {
  if (!("driver" in client)) return;
  const isThere = world.authority.manager?.space(client.config.space) !== null;
  if (client.status !== "signed_out" && !(client.status === "stale: unknown_space" && isThere)) return;
  client.environment.act(() => client.driver.start());
}

function isPlainLevel(world: World, client: PlainClient): boolean {
  const space = world.authority.manager?.space(client.space) ?? null;
  return space === null || (client.connected && client.version === space.head);
}

/** At a low rate every commit goes out at once (rule A4). */
async function writeAndSee(world: World, round: number): Promise<void> {
  const { process } = world.authority;
  // Every release takes these.
  const changes = [
    { type: "event", target: "", data: { id: `healthy-${round}` } },
    { type: "host_added", target: "web-1", data: { cpu: round } },
  ];
  let done = false;
  process
    ?.transact(() => changes)
    .then(
      () => {
        done = true;
      },
      (error: unknown) => {
        done = isFull(world, error);
        if (!done) world.fail("P2", `a write in health fails: ${String(error)}`);
      },
    );
  await world.pass(1_000, () => !done);
  if (!done) world.fail("P2", "a write in health is not done within a second");
  await mustBeLevel(world, untouched(world).filter(connects), SEEN_MS, "A4");
  await mustBeLevel(world, untouched(world).filter(isPrompt), STATE_MS, "H5");
  await mustBeLevel(world, untouched(world), throughCachesMs(world), "H2");
}

/** By rule E7 a takeover costs each live replica one message, and no full state. Whoever takes no steps comes back at once. */
async function takeOverAndSee(world: World): Promise<void> {
  const { hub } = world.authority.process ?? {};
  if (world.failure !== null || hub === null || hub === undefined) return;
  const levelOnes = untouched(world).filter((client) => isClientLevel(world, client));
  // Whose space has ended is level too, but has no connection to lose: it knocks again and again.
  const liveOnes = levelOnes.filter((client) => !("driver" in client) || client.status === "live");
  const takers = liveOnes.filter((client) => "driver" in client && connects(client) && client.config.steps);
  const cursors = [...hub.cursors].filter((cursor) => cursor.steps && cursor.epoch !== null);
  const before = { steps: hub.metrics.steps, fullStates: fullStatesOf(hub) };
  const reconnects = takers.map(reconnectsOf);
  world.authority.takeOver();
  // It waits for the fold that is under way, with all the trimming behind that.
  await world.pass(DRAIN_MS, () => takesOver(world));
  if (takesOver(world)) return world.fail("E7", `a takeover in health is not done within ${DRAIN_MS} ms`);
  await mustBeLevel(world, levelOnes.filter(connects), SEEN_MS, "E7");
  if (world.failure !== null) return;
  const put = () => hub.metrics.steps - before.steps;
  const stayed = () => cursors.filter((cursor) => !cursor.closed).length;
  // To whoever was not level a step is owed for as long as its socket is full.
  await world.pass(SEEN_MS, () => put() < stayed());
  if (put() < stayed()) world.fail("E7", `${put()} steps were put on ${stayed()} connections`);
  const full = fullStatesOf(hub) - before.fullStates;
  // The space of somebody else may have come back meanwhile, and a frame of theirs may be missing.
  const others = everyone(world).length - liveOnes.length;
  if (full > others) world.fail("E7", `a takeover in health costs ${full} full states, and ${others} were not live`);
  const came = takers.findIndex((client, index) => reconnectsOf(client) !== reconnects[index]);
  if (came >= 0) world.fail("E7", `${takers[came]?.name} takes steps, and lost its connection at a takeover`);
  await mustBeLevel(world, levelOnes, throughCachesMs(world), "E7");
}

function takesOver({ authority }: World): boolean {
  return (authority.process?.takingOver ?? 0) > 0;
}

/** A takeover could cost these. The others come of what is committed at the same time, or of somebody's asking. */
const COSTS = ["first", "epoch", "ahead", "asked_gap", "asked_drift", "asked_digest", "asked_epoch"] as const;

function fullStatesOf({ metrics }: SyncHub): number {
  return COSTS.reduce((sum, reason) => sum + (metrics.fullStates[reason] ?? 0), 0);
}

function reconnectsOf(client: Tab | PlainClient): number {
  return "driver" in client ? client.counters.reconnects : 0;
}

/** Nothing is added to a state that is full, however well everything is. */
function isFull({ config }: World, error: unknown): boolean {
  return (
    config.authority.limits.stateBytes !== undefined && error instanceof SyncError && error.code === "invalid_change"
  );
}

/** By promise P14 nothing is pending once all is quiet. */
async function nothingMayBePending(world: World): Promise<void> {
  const pending = () =>
    replicas(world).find((tab) => {
      const { driver, page, name } = tab;
      // Somebody else may have signed in last.
      if (page?.queue && page.user !== name) tab.environment.act(() => tab.start(name));
      return driver.pending.length > 0 || (page?.open ?? 0) > 0 || page?.queue?.waits(name) === true;
    });
  await world.pass(PENDING_MS, () => pending() !== undefined);
  const mutating = pending();
  if (mutating !== undefined) world.fail("P14", `${mutating.name} has mutations that are pending though all is quiet`);
  for (const { name, page } of replicas(world)) page?.queue?.end(name);
}

/** Whoever waits for an answer, or for its effect, is told. */
async function mustSettle(world: World): Promise<void> {
  const waiting = () => replicas(world).find(({ dispatches }) => dispatches.open > 0);
  await world.pass(DISPATCH_MS, () => waiting() !== undefined);
  const late = waiting();
  if (late !== undefined) world.fail("D2", `${late.name} still waits for the end of a dispatch`);
}

/** An agent does what it sees. In the end no task is left in the space of one that works. */
async function tasksMustEnd(world: World): Promise<void> {
  const agents = [...world.tabs.values()].filter(({ config }) => config.space.startsWith("agent/"));
  const open = () =>
    agents.flatMap(({ config: { space } }) => [
      ...(world.disk.branch.spaces.get(space)?.head.state.tasks?.keys() ?? []),
    ]);
  await world.pass(TASKS_MS, () => open().length > 0);
  if (open().length > 0)
    world.fail("D1", `nobody has finished ${open().join(", ")}, ${TASKS_MS} ms after the last one`);
}

/** By promise P4 nothing is kept for anybody in the end. */
async function checkWindows(world: World): Promise<void> {
  const { hub } = world.authority.process ?? {};
  if (world.failure !== null || hub === null || hub === undefined) return;
  const open = everyone(world).flatMap(({ network }) => [...network.connections].filter(({ isOpen }) => isOpen));
  if (hub.metrics.connections !== open.length) {
    world.fail("P4", `${hub.metrics.connections} connections are kept, and ${open.length} are open`);
  }
  const unacked = new Set([...hub.cursors].filter(({ profile, wire }) => profile === "v1" && !isMeddledWith(wire)));
  const waiting = () => {
    for (const cursor of unacked) if (cursor.closed || cursor.window.unackedBytes === 0) unacked.delete(cursor);
    return unacked.size > 0;
  };
  await world.pass(SEEN_MS, waiting);
  for (const { wire, window } of unacked) {
    world.fail("P4", `${(wire as SimConnection).id} has ${window.unackedBytes} bytes unacked`);
  }
}

function isMeddledWith(wire: Wire): boolean {
  return (wire as SimConnection).meddledWith;
}

/** Whoever follows the chain comes to its end, and knows all that there is (rule A2). */
async function followToTheEnd(world: World): Promise<void> {
  if (world.failure !== null) return;
  await world.pass(FOLLOWED_MS, () => !world.chain.isLevel);
  if (world.failure === null) world.chain.checkLevel();
}

/** The next open reads what a clean close writes (rule G2), and everyone resumes. */
async function closeAndOpen(world: World): Promise<void> {
  if (world.failure !== null) return;
  const { starts } = world.authority;
  world.authority.stop();
  await world.pass(START_MS, () => world.authority.starts === starts || !world.authority.serving);
  await mustBeLevel(world, everyone(world), levelWithinMs(world), "P2");
  await archivesMustHold(world);
}

/** By rule S9 an archived space can be read in the history, and of any other nothing can. */
async function archivesMustHold(world: World): Promise<void> {
  const { manager } = world.authority;
  if (world.failure !== null || manager === null) return;
  let done = false;
  wrongArchive(manager, world.disk.branch, world.config.disk.retention).then(
    (wrong) => {
      done = true;
      if (wrong !== null) world.fail("S9", wrong);
    },
    (error: unknown) => world.fail("S9", `the history can't be read: ${String(error)}`),
  );
  await world.pass(START_MS, () => !done);
  if (!done) world.fail("S9", "the history is not read in time");
}
