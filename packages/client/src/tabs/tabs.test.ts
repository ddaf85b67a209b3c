import { collection, defineModel, defineMutation, put } from "@neverstale/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { json } from "../environment/fake-environment-suite.ts";
import { mutations } from "../mutations/mutations.ts";
import { BEACON_MS, TabsWorld, type WorldTab } from "./tabs-world-suite.ts";

async function worldOf(count: number): Promise<{ world: TabsWorld; tabs: WorldTab[] }> {
  const world = new TabsWorld();
  const tabs: WorldTab[] = [];
  for (let n = 0; n < count; n++) {
    tabs.push(world.open());
    await world.pass(1_000);
  }
  return { world, tabs };
}

const shown = ({ sync }: WorldTab) => [...sync.state.hosts.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
const states = (world: TabsWorld, type: string) => world.posted.filter((message) => message.type === type).length;

describe("tabs of one browser", () => {
  test("[X5] have one connection, and each shows what comes over it", async () => {
    const { world, tabs } = await worldOf(3);
    world.authority.put("web-2", 2);
    await world.pass(500);

    expect(world.sockets).toBe(1);
    expect(world.fullStates).toBe(1);
    expect(tabs.map(({ sync }) => sync.sharing)).toEqual(["leads", "follows", "follows"]);
    for (const tab of tabs) {
      expect(shown(tab)).toEqual([...world.authority.hosts.values()]);
      expect(tab.isLive).toBe(true);
    }
  });

  test("[X5] one that is new gets the leader's state, and is as live as the leader at once", async () => {
    const { world, tabs } = await worldOf(1);
    const late = world.open();
    await world.pass(200);

    expect(late.isLive).toBe(true);
    expect(late.sync.lastConfirmedAt).toBeLessThanOrEqual(tabs[0]?.sync.lastConfirmedAt ?? 0);
    expect(world.fullStates).toBe(1);
  });

  test("[X5] one that comes back gets what it missed, and no state", async () => {
    const { world, tabs } = await worldOf(2);
    tabs[1]?.sync.stop();
    for (const cpu of [1, 2, 3]) {
      world.authority.put("web-2", cpu);
      await world.pass(200);
    }
    const before = world.posted.length;
    tabs[1]?.sync.start();
    await world.pass(500);

    const welcome = world.posted.slice(before).find(({ type }) => type === "welcome");
    expect(JSON.stringify(welcome)).not.toContain('\\"init\\"');
    expect(shown(tabs[1] as WorldTab)).toEqual(shown(tabs[0] as WorldTab));
    expect(tabs[1]?.isLive).toBe(true);
  });

  test("[R8] a leader that was stopped says nothing more, whenever its socket tells of its end", async () => {
    const world = new TabsWorld();
    const [first] = [world.open(), world.open()];
    await world.pass(500);

    const socket = first.io.socket;
    first.sync.stop();
    const before = world.posted.length;
    socket.close(1000);

    expect([socket.closedWith, world.posted.length]).toEqual([1000, before]);
  });

  test("[B108] one that has missed more than the leader keeps gets its state", async () => {
    const { world, tabs } = await worldOf(2);
    tabs[1]?.sync.stop();
    const text = "x".repeat(300_000);
    for (let n = 0; n < 5; n++) {
      world.authority.states.push(new Map([...world.authority.hosts, ["large", { id: "large", cpu: n, text }]]));
      await world.pass(100);
    }
    const before = world.posted.length;
    tabs[1]?.sync.start();
    await world.pass(500);

    const welcome = world.posted.slice(before).find(({ type }) => type === "welcome");
    expect(JSON.stringify(welcome)).toContain('\\"init\\"');
    expect(tabs[1]?.isLive).toBe(true);
  });

  test("[X5] [D2] a follower waits for a position as a tab of its own would", async () => {
    const { world, tabs } = await worldOf(2);
    const lost = tabs[1]?.sync.reached({ epoch: "e7", version: 1 });
    const refused = expect(lost).rejects.toMatchObject({ code: "history_lost" });
    await world.pass(1_000);

    await refused;
  });

  test("[X5] [P5] a follower whose records differ is given the leader's state", async () => {
    const { world, tabs } = await worldOf(2);
    const follower = tabs[1] as WorldTab;
    follower.sync.refresh();
    await world.pass(500);

    expect(states(world, "state")).toBe(1);
    expect(world.fullStates).toBe(1);
    expect(follower.isLive).toBe(true);
  });

  test("[X5] a message that is lost on the way makes a tab ask again, from where it stands", async () => {
    const { world, tabs } = await worldOf(2);
    const follower = tabs[1] as WorldTab;
    follower.lateMs = 500;
    world.authority.put("web-2", 1);
    await world.pass(STEP);
    follower.forget();
    follower.lateMs = 0;
    world.authority.put("web-2", 2);
    await world.pass(3_000);

    expect(states(world, "state")).toBe(0);
    expect(shown(tabs[1] as WorldTab)).toEqual(shown(tabs[0] as WorldTab));
    expect(tabs[1]?.isLive).toBe(true);
    expect(world.fullStates).toBe(1);
  });

  test("[X5] [R7] a tab that hears everything late is never live by what was true when it was said", async () => {
    const { world, tabs } = await worldOf(2);
    const follower = tabs[1] as WorldTab;
    follower.lateMs = 1.5 * BEACON_MS + 1_000;
    await world.pass(10_000);

    for (let passed = 0; passed < 10_000; passed += 500) {
      await world.pass(500);
      expect(follower.isLive).toBe(false);
    }
  });

  test("[X5] those of another user, and of another address, have connections of their own", async () => {
    const world = new TabsWorld();
    world.open();
    world.open({ user: "bob" });
    world.open({ url: "/other" });
    await world.pass(1_000);

    expect(world.sockets).toBe(3);
  });

  test.each([4401, 4403] as const)("[X5] end together with %i", async (code) => {
    const { world, tabs } = await worldOf(2);
    tabs[0]?.io.socket.close(code);
    await world.pass(1_000);

    for (const tab of tabs) {
      expect(shown(tab)).toEqual([]);
      expect(["signed_out", "stale"]).toContain(tab.sync.status.type);
    }
    expect(tabs[1]?.io.sockets).toHaveLength(0);
  });
});

const fleet = defineModel({
  model: 1,
  collections: { hosts: collection<{ id: string; cpu: number }>() },
  changes: { host_put: put("hosts") },
});
const putHost = defineMutation({
  name: "put_host",
  model: fleet,
  optimistic: true,
  args: z.object({ id: z.string(), cpu: z.number() }),
  decide: (_, { id, cpu }) => [{ type: "host_put", target: id, data: { cpu } }],
});

test("[X7] a tab that follows posts its own mutations, and each leaves when its position is reached", async () => {
  const world = new TabsWorld();
  const [leading, follower] = [world.open({ mutations: mutations() }), world.open({ mutations: mutations() })];
  await world.pass(1_000);
  follower.io.answer = (request) => {
    const { line } = JSON.parse(request.body ?? "");
    expect(line).not.toBe(leading.io.socket.url.searchParams.get("lines"));
    return json(200, { epoch: "e1", outcomes: [{ n: 1, type: "done", version: 2, answer: null }] });
  };

  const outcome = follower.sync.mutate(putHost, { id: "web-2", cpu: 2 });
  expect(follower.sync.state.hosts.get("web-2")).toEqual({ id: "web-2", cpu: 2 });
  await world.pass(500);
  expect(await outcome).toMatchObject({ type: "done" });
  expect(follower.sync.pending).toHaveLength(1);
  world.authority.put("web-2", 2);
  await world.pass(500);

  expect(follower.sync.pending).toHaveLength(0);
  expect(shown(follower)).toEqual(shown(leading));
  expect(leading.io.requests).toHaveLength(0);
});

describe("the leading tab", () => {
  test("[X6] that ends costs the others no full state, and they are live within a second", async () => {
    const { world, tabs } = await worldOf(3);
    tabs[0]?.die();
    world.authority.put("web-2", 2);
    await world.pass(1_000);

    expect(world.sockets).toBe(1);
    expect(world.fullStates).toBe(1);
    for (const tab of tabs.slice(1)) {
      expect(shown(tab)).toEqual([...world.authority.hosts.values()]);
      expect(tab.isLive).toBe(true);
    }
  });

  test("[X6] that stops, or is put aside, hands over as well", async () => {
    const { world, tabs } = await worldOf(2);
    tabs[0]?.io.signal("suspended");
    await world.pass(1_000);

    expect(tabs[1]?.isLeading).toBe(true);
    expect(tabs[1]?.isLive).toBe(true);
    tabs[0]?.io.signal("awake");
    await world.pass(1_000);
    expect(world.sockets).toBe(1);
    expect(tabs[0]?.isLive).toBe(true);
  });

  test("[X6] that hangs loses the lock to a tab that somebody looks at, and follows when it wakes", async () => {
    const { world, tabs } = await worldOf(2);
    const [first, second] = tabs as [WorldTab, WorldTab];
    first.isHung = true;
    await world.pass(7_000);

    expect(second.isLeading).toBe(true);
    expect(second.isLive).toBe(true);
    first.isHung = false;
    await world.pass(3_000);

    expect(first.isLeading).toBe(false);
    expect(first.isLive).toBe(true);
    expect(world.sockets).toBe(1);
    expect(world.fullStates).toBe(1);
  });

  test("[X6] that wakes and says what it has heard meanwhile is not listened to any more", async () => {
    const { world, tabs } = await worldOf(3);
    const [first, second, third] = tabs as [WorldTab, WorldTab, WorldTab];
    third.io.seen = false;
    for (let n = 0; n < 30; n++) world.authority.put("web-2", n);
    await world.pass(500);
    first.isHung = true;
    await world.pass(8_000);
    expect(second.isLeading).toBe(true);
    const { reconnects } = third.sync.counters;

    first.isHung = false;
    await world.pass(3_000);

    expect(third.sync.counters.reconnects).toBe(reconnects);
    expect(third.isLive).toBe(true);
  });

  test("[X6] that hangs keeps the lock while nobody looks at any tab", async () => {
    const { world, tabs } = await worldOf(2);
    const [first, second] = tabs as [WorldTab, WorldTab];
    second.io.seen = false;
    first.isHung = true;
    await world.pass(12_000);

    expect(second.isLeading).toBe(false);
  });

  test("[X6] that loses its connection is taken the place of, and nobody is given a full state", async () => {
    const { world, tabs } = await worldOf(3);
    world.isCut = true;
    await world.pass(5_000);
    for (const tab of tabs) expect(tab.isLive).toBe(false);
    world.isCut = false;
    await world.pass(10_000);

    for (const tab of tabs) expect(tab.isLive).toBe(true);
    expect(world.sockets).toBe(1);
    expect(world.fullStates).toBe(1);
  });
});

type Move =
  | { readonly type: "put" | "open" | "cut" | "mend" }
  | { readonly type: "die" | "hang" | "wake" | "hide" | "show" | "lose" | "suspend" | "resume"; readonly tab: number }
  | { readonly type: "late"; readonly tab: number; readonly ms: number }
  | { readonly type: "pass"; readonly ms: number };

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant("put" as const) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constantFrom("open" as const, "cut" as const, "mend" as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constantFrom(...(["die", "hang", "wake", "hide", "show", "lose", "suspend", "resume"] as const)),
      tab: fc.nat(3),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant("late" as const), tab: fc.nat(3), ms: fc.constantFrom(0, 400, 3_000) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant("pass" as const), ms: fc.constantFrom(50, 100, 1_000, 7_000) }),
  },
);

const STEP = 50;

/** Tabs on which anything may happen, and what must hold at every moment. */
class TabsRun {
  readonly #world = new TabsWorld();
  #puts = 0;

  async make(next: Move): Promise<void> {
    if (next.type === "pass") return this.#pass(next.ms);
    if (next.type === "put") this.#world.authority.put(`web-${this.#puts % 3}`, ++this.#puts);
    else if (next.type === "open") {
      if (this.#world.alive.length < 4) this.#world.open();
    } else if (next.type === "cut" || next.type === "mend") this.#world.isCut = next.type === "cut";
    else if ("tab" in next) this.#happen(next);
  }

  #happen(next: Extract<Move, { readonly tab: number }>): void {
    const tab = this.#world.alive[next.tab];
    if (tab === undefined) return;
    if (next.type === "late") tab.lateMs = next.ms;
    if (next.type === "die") tab.die();
    if (next.type === "hang" || next.type === "wake") tab.isHung = next.type === "hang";
    if (next.type === "hide" || next.type === "show") tab.io.seen = next.type === "show";
    if (next.type === "lose") tab.forget();
    if (next.type === "suspend" && !tab.isHung) tab.io.signal("suspended");
    if (next.type === "resume" && !tab.isHung) tab.io.signal("awake");
  }

  async #pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += STEP) {
      await this.#world.pass(STEP);
      for (const tab of this.#world.alive) this.#look(tab);
    }
  }

  #look(tab: WorldTab): void {
    const { authority } = this.#world;
    const { version } = tab.sync;
    expect(shown(tab)).toEqual([...(authority.states[version]?.values() ?? [])].sort((a, b) => (a.id < b.id ? -1 : 1)));
    if (tab.isHung || !tab.isLive || tab.lateMs > 0) return;
    expect(version).toBeGreaterThanOrEqual(this.#world.versionBefore(1.5 * BEACON_MS + 3_000));
  }

  async end(): Promise<void> {
    const world = this.#world;
    world.isCut = false;
    for (const tab of world.alive) {
      tab.isHung = false;
      tab.lateMs = 0;
      tab.io.seen = true;
      tab.io.signal("awake");
    }
    if (world.alive.length === 0) world.open();
    await this.#pass(40_000);
    for (const tab of world.alive) {
      expect(tab.sync.status).toEqual({ type: "live" });
      expect(tab.sync.version).toBe(world.authority.version);
    }
    expect(world.sockets).toBe(1);
  }
}

test("[X5] [X6] whatever tabs suffer: each shows a state that was, none is live with an old one, and all end level on one connection", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(move, { minLength: 5, maxLength: 30 }), async (moves) => {
      const run = new TabsRun();
      await run.make({ type: "open" });
      await run.make({ type: "open" });
      for (const next of moves) await run.make(next);
      await run.end();
    }),
    { numRuns: 40 },
  );
});
