/** One action of a plan is carried out here. */

import type { Change, StateOf, SyncError } from "@neverstale/protocol";
import type { Decide } from "@neverstale/server";
import type { Deed } from "./plan/deeds.ts";
import { crowd, crowdGone, type mainModel, someChanges } from "./plan/models.ts";
import type { PlannedAction } from "./plan/plan.ts";
import type { Random } from "./plan/random.ts";
import type { Release } from "./plan/releases.ts";
import { call } from "./world/caller.ts";
import { Careless } from "./world/careless.ts";
import type { PlainClient } from "./world/plain-client.ts";
import type { Tab } from "./world/tab.ts";
import type { World } from "./world/world.ts";

/** An action that has lost its object, such as a client that is not there, does nothing. */
export function perform(world: World, action: PlannedAction): void {
  const chance = world.random.fork(`action ${action.id}`);
  world.trace.line(world.clock.now, `do ${JSON.stringify(action)}`);
  if ("client" in action) return performOnClient(world, action, chance);
  switch (action.do) {
    case "write":
      return write(world, action.space, chance);
    case "write_many":
      for (let i = 0; i < action.count; i += 1) write(world, "main", chance);
      return;
    case "crowd":
      return transact(world, () => (action.gone ? crowdGone(60, "crowd") : crowd(action.count, "crowd")));
    case "make_space":
      return remakeSpace(world, action, chance);
    case "remove_space":
      return removeSpace(world, action.space, chance);
    case "call":
      return call(world, action, chance);
    case "read_state":
      return readState(world);
    case "cache":
      return performOnCache(world, action);
    default:
      return performOnAuthority(world, action, chance);
  }
}

type Of<D extends Deed["do"]> = Extract<Deed, { do: D }>;

function write(world: World, space: string, chance: Random): void {
  const changes = someChanges(space, chance);
  const spoilt = chance.next();
  const careless = new Careless(chance.fork(`careless ${spoilt}`), world.counters);
  if (spoilt < 0.03) changes.push({ type: "host_added", target: "bad", data: { bad: true } });
  const { recordBytes } = world.config.authority.limits;
  if (recordBytes !== undefined && space === "main" && spoilt > 0.9) changes.push(nearBound(recordBytes, chance));
  transact(
    world,
    (_, transaction) => {
      careless.editRecord(transaction.state(space));
      careless.editOwnSoon(changes);
      if (space !== "main") transaction.add(space, changes);
      if (spoilt > 0.98) throw new Error("the decision thinks better of it");
      return space === "main" ? changes : [];
    },
    space,
  );
}

/** It makes a record of about so many bytes, a little more or less. */
function nearBound(bytes: number, chance: Random): Change {
  const os = "x".repeat(bytes - '{"id":"cache-1","os":""}'.length + chance.int(-2, 2));
  return { type: "host_added", target: "cache-1", data: { os } };
}

/** The program itself makes this call. */
function transact(world: World, decide: Decide<StateOf<typeof mainModel>>, space = "main"): void {
  const { process } = world.authority;
  if (process === null || process.manager === null) return;
  world.counters.add("writes");
  process.transact(decide, { space }).catch((error: SyncError) => {
    world.counters.add(`write_${error.code ?? "refused"}`);
  });
}

function remakeSpace(world: World, { space, count = 1 }: Of<"make_space">, chance: Random): void {
  const changes = Array.from({ length: count }, () => someChanges(space, chance)).flat();
  const verbs = chance.fork("verbs");
  const [archive, byVerb] = [verbs.chance(0.5), verbs.chance(0.5)];
  const isEmpty = byVerb && verbs.chance(0.5);
  transact(world, (_, transaction) => {
    if (transaction.state(space) !== null) transaction.removeSpace(space, { archive });
    if (byVerb) transaction.createSpace(space);
    if (!isEmpty) transaction.add(space, changes);
    return [];
  });
}

function removeSpace(world: World, space: string, chance: Random): void {
  const archive = chance.fork("verbs").chance(0.5);
  transact(world, (_, transaction) => {
    if (transaction.state(space) !== null) transaction.removeSpace(space, { archive });
    return [] as Change[];
  });
}

function performOnCache(world: World, { cache: number, what }: Of<"cache">): void {
  const cache = world.readers.caches[number];
  if (what === "empty") cache?.empty();
  else if (what === "restart") cache?.restart();
  else cache?.cutStreams();
}

function readState(world: World): void {
  const request = { client: "reader", method: "GET", path: "/api/state", headers: {}, body: null };
  world.authority.request(request).catch(() => {});
}

type OnAuthority = Exclude<Deed, { client: string }>;

function performOnAuthority(world: World, action: OnAuthority, chance: Random): void {
  const { authority, disk } = world;
  switch (action.do) {
    case "take_over":
      return authority.takeOver();
    case "kill":
    case "cut_power":
      authority.crash(action.do === "cut_power");
      return authority.startAfter(action.downMs);
    case "stop":
      authority.stop();
      return authority.startAfter(action.downMs);
    case "deploy":
      return deploy(world, action);
    case "trap":
      return setTrap(world, action);
    case "backup":
      disk.backups.delete(action.name);
      authority.manager?.backup(action.name).catch(() => {});
      return;
    case "restore":
      return restore(world, action, chance);
    case "restore_empty":
      world.counters.add("restores_empty");
      authority.restore();
      return authority.startAfter(action.downMs);
    case "disk_full":
      disk.faults.full = true;
      return during(world, action.ms, () => {
        disk.faults.full = false;
      });
    case "slow_disk":
      disk.slowDown(chance.int(20, 1_500));
      return during(world, action.ms, () => disk.slowDown(0));
    case "failed_builds":
      world.snapshots.failedBuilds = 0.7;
      return during(world, action.ms, () => {
        world.snapshots.failedBuilds = 0;
      });
    case "disk_error":
      return failDisk(world, action);
    case "busy":
      world.busy = action.status;
      return during(world, action.ms, () => {
        world.busy = null;
      });
    case "authority_clock":
      world.counters.add("authority_clock_jumps");
      world.jumpWall(action.byMs);
  }
}

function during(world: World, ms: number, end: () => void): void {
  world.clock.after(ms, end);
}

function deploy(world: World, { release, how, downMs }: Of<"deploy">): void {
  const { authority } = world;
  world.counters.add(`deploys_by_${how}`);
  for (const [name, value] of Object.entries(release)) {
    if (world.release[name as keyof Release] !== value) world.counters.add(`release_moves_${name}`);
  }
  world.release = release;
  if (how === "stop") authority.stop();
  else authority.crash(how === "cut_power");
  authority.startAfter(downMs);
}

/** A process that starts anew is the only one that begins an epoch. */
function setTrap(world: World, trap: Of<"trap">): void {
  if (trap.write !== "epoch") return armTrap(world, trap);
  const { authority, disk } = world;
  const startIntoIt = (power: boolean) => {
    authority.crash(power);
    armTrap(world, trap);
    authority.startAfter(trap.downMs);
  };
  if (trap.amidCommit !== true) return startIntoIt(trap.power);
  disk.faults.trap = { kind: "commit", point: "written", spring: () => startIntoIt(false) };
}

function armTrap({ authority, disk }: World, { write: kind, point, power, downMs, skip = 0 }: Of<"trap">): void {
  const spring = () => {
    authority.crash(power);
    authority.startAfter(downMs);
  };
  disk.faults.trap = { kind, point, spring, skip: kind === "epoch" ? 0 : skip };
}

/** Only a process that starts begins an epoch, as with a trap. */
function failDisk({ authority, disk }: World, { write = "commit" }: Of<"disk_error">): void {
  if (write === "epoch") authority.crash(false);
  disk.faults.errorAtNext = write;
  if (write === "epoch") authority.start();
}

/** A process that starts serves within this time, on a disk that is not slow. */
const SERVES_MS = 100;

function restore(world: World, { name, downMs, burst = 0 }: Of<"restore">, chance: Random): void {
  const image = world.disk.backups.get(name);
  if (image === undefined) return;
  world.authority.restore(image);
  world.authority.startAfter(downMs);
  during(world, downMs + SERVES_MS, () => {
    for (let i = 0; i < burst; i += 1) write(world, "main", chance);
  });
}

/** It is granted in the very moment in which its connections are judged again, as rule A11 wants it. */
function grant(world: World, { client, view }: Of<"grant">): void {
  world.counters.add("views_granted");
  if (world.rights.of(client) === view) return;
  world.rights.grant(client, view);
  world.authority.process?.rightsChanged(client);
}

type OnClient = Extract<PlannedAction, { client: string }>;

function performOnClient(world: World, action: OnClient, chance: Random): void {
  if (action.do === "grant") return grant(world, action);
  const tab = world.tabs.get(action.client) ?? world.readers.tabs.get(action.client);
  const client = tab ?? world.plainClients.get(action.client);
  if (client === undefined) return;
  if (performOnNetwork(world, client, action) || tab === undefined) return;
  switch (action.do) {
    case "dispatch":
      return tab.environment.act(() => void tab.dispatches.dispatch(action.hosts, action.timeoutMs));
    case "sleep":
      return sleep(world, tab, action);
    case "client_clock":
      if (tab.environment.jumpWall(action.byMs)) world.counters.add("client_clock_jumps");
      return;
    case "refresh":
      return tab.environment.act(() => tab.driver.refresh());
    case "restart_client":
      tab.environment.act(() => tab.driver.stop());
      return during(world, chance.int(0, 5_000), () => tab.environment.act(() => tab.driver.start()));
    case "rotate_token":
      return world.sessions.rotate(tab.name);
    case "sign_out":
      return signOut(world, tab, action.ms, chance);
    case "mutate":
      return tab.environment.act(() => {
        for (let i = 0; i < action.count; i += 1) tab.page?.mutate(tab.driver, action);
      });
    case "drop":
      return tab.environment.act(() => tab.page?.drop(tab.driver));
    case "reload":
      world.counters.add("mutations_reloads");
      return tab.environment.act(() => tab.reload());
    case "close":
      return tab.environment.act(() => tab.reload(true));
    case "leave":
      return leave(world, tab, action, chance);
  }
}

/** It returns true when the action was one of the network's. */
function performOnNetwork(world: World, client: Tab | PlainClient, action: OnClient): boolean {
  const { network } = client;
  const { current } = network;
  switch (action.do) {
    case "cut":
      current?.cut(action.told, action.bytes);
      network.cutRequests(action.told, action.bytes);
      return true;
    case "half_open":
      if (current !== null) {
        world.counters.add("half_open");
        network.halfOpen(current, action.directions);
      }
      return true;
    case "stall":
      if (current !== null) world.counters.add("stalls");
      network.hold(`stall ${action.id}`, action.directions);
      during(world, action.ms, () => network.release(`stall ${action.id}`));
      return true;
    case "partition":
      partition(world, client, action);
      return true;
    case "slow_link":
      network.setRate(action.rate);
      during(world, action.ms, () => network.setRate(Number.POSITIVE_INFINITY));
      return true;
    case "web_socket":
      network.refusesWebSockets = false;
      during(world, action.ms, () => {
        network.refusesWebSockets = true;
      });
      return true;
    case "meddle":
      if (action.how === "swallow_first") network.swallowNextGreeting();
      else if (current !== null) current.tamper = action.how;
      return true;
    default:
      return false;
  }
}

function partition(
  world: World,
  client: Tab | PlainClient,
  { id, ms, signals }: Of<"partition"> & { id: number },
): void {
  const environment = "environment" in client && signals ? client.environment : null;
  client.network.hold(`partition ${id}`, ["up", "down"]);
  environment?.signal("offline");
  during(world, ms, () => {
    client.network.release(`partition ${id}`);
    environment?.signal("online");
  });
}

function sleep(world: World, { environment }: Tab, { ms, countsTime, signals, suspends }: Of<"sleep">): void {
  if (environment.asleep) return;
  world.counters.add(signals || suspends ? "sleeps_told" : "sleeps_untold");
  if (suspends) environment.signal("suspended");
  environment.sleep(countsTime);
  during(world, ms, () => {
    environment.wake();
    if (signals || suspends) environment.signal("awake");
  });
}

function signOut(world: World, tab: Tab, ms: number, chance: Random): void {
  world.sessions.signOut(tab.name);
  tab.page?.signedOut();
  world.authority.process?.revoke(tab.name);
  during(world, ms, () => {
    if (world.sessions.isSignedIn(tab.name)) return; // It has signed in since: everything has healed.
    world.sessions.signIn(tab.name);
    world.sessions.rotate(tab.name);
    const user = chance.chance(0.3) ? `${tab.name} and another` : tab.name;
    tab.environment.act(() => tab.start(user));
  });
}

/** The session of the browser goes on: what counts here is what the page does. */
function leave(world: World, tab: Tab, { how, ms }: Of<"leave">, chance: Random): void {
  tab.environment.act(() => void tab.page?.leave(tab.driver, how));
  const user = chance.chance(0.3) ? `${tab.name} and another` : tab.name;
  during(world, ms, () => {
    if (!world.isHealing) tab.environment.act(() => tab.start(user));
  });
}
