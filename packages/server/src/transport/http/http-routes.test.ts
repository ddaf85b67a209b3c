import { collection, defineModel, put, remove } from "@neverstale/protocol";
import { beforeEach, describe, expect, test } from "vitest";
import { StateManager } from "../../authority/state-manager.ts";
import type { Transaction } from "../../authority/transaction.ts";
import { SyncHub } from "../../followers/sync-hub.ts";
import type { Limits } from "../../limits/limits.ts";
import { settle, VirtualRuntime } from "../../runtime/virtual-runtime-suite.ts";
import { memoryStore } from "../../store/memory.ts";
import { addressIn } from "./address.ts";
import { Answered } from "./answered-suite.ts";
import { type HttpReadMetrics, newHttpReadMetrics } from "./http-metrics.ts";
import { HttpRoutes } from "./http-routes.ts";
import type { Audience } from "./reply.ts";

const model = defineModel({
  model: 3,
  collections: { hosts: collection(null) },
  changes: { host_added: put("hosts"), host_removed: remove("hosts") },
});

let runtime: VirtualRuntime;
let manager: StateManager;
let hub: SyncHub;
let metrics: HttpReadMetrics;
let routes: HttpRoutes;

beforeEach(() => start());

async function start(limits: Partial<Limits> = {}, beaconMs = 30_000): Promise<void> {
  runtime = new VirtualRuntime();
  const data = { model, spaces: { "output/": model }, store: memoryStore(), limits };
  manager = await StateManager.openWith(data, runtime);
  hub = new SyncHub(manager, { frames: runtime.frames, beaconMs });
  metrics = newHttpReadMetrics();
  routes = new HttpRoutes(manager, hub, metrics);
}

function ask(path: string, audience: Audience = "everybody", subject: unknown = null, space = "main"): Answered {
  const address = addressIn(new URL(path, "http://fleet/sync/"));
  if (address === null) throw new Error(`${path} is no address of the profile`);
  const { asked } = address;
  const resume = asked.type === "snapshot" ? null : asked.position;
  const outlet = new Answered();
  const attachment = { space, profile: "v1", resume, subject } as const;
  outlet.gone = routes.answer({ asked, attachment, audience, known: undefined }, outlet);
  return outlet;
}

const main = () => manager.space("main");
const at = (version: number, epoch = manager.epoch) => `${main()?.creationId}/${epoch}/${version}`;
const add = (id: string) => manager.apply({ type: "host_added", target: id, data: {} });

async function doing(run: (transaction: Transaction) => unknown): Promise<void> {
  const done = manager.transact((_, transaction) => {
    run(transaction);
    return [];
  });
  await runtime.pass(10);
  await done;
}

async function takeOver(): Promise<void> {
  const done = manager.takeOver();
  await runtime.pass(5);
  await done;
}

async function added(...ids: string[]): Promise<void> {
  const all = Promise.all(ids.map(add));
  await runtime.pass(10);
  await all;
}

async function afterwards(outlet: Answered, ms = 20): Promise<Answered> {
  await runtime.pass(ms);
  return outlet;
}

describe("snapshots", () => {
  test("[H1] the way to a snapshot leads to an address of its own, whose body never changes", async () => {
    await added("a", "b");

    const way = await afterwards(ask("snapshot"));
    await added("c");
    const first = ask(`${way.replied?.headers.Location}`);

    expect([way.status, way.cache, way.replied?.headers.Location]).toEqual([
      302,
      "public, max-age=0, s-maxage=1",
      `s/${at(2)}`,
    ]);
    expect([first.status, first.cache]).toEqual([200, "public, max-age=31536000, immutable"]);
    expect(first.messages).toMatchObject([{ type: "full_state", version: 2, epoch: manager.epoch, model: 3 }]);
    expect(first.messages[0]?.lineage).toEqual([[manager.epoch, 2]]);
    expect(ask(`s/${at(2)}`).messages).toEqual(first.messages);
  });

  test("[H1] whoever asks for another version than is held is led to the way, which nobody keeps", async () => {
    await added("a");

    const other = ask(`s/${at(1)}`);

    expect([other.status, other.cache, other.replied?.headers.Location]).toEqual([
      302,
      "no-store",
      "../../../snapshot",
    ]);
  });

  test("[H1] a snapshot is at or above the version that the address asks for", async () => {
    await added("a", "b", "c", "d", "e");
    await afterwards(ask("snapshot"));
    await added("f");

    const way = await afterwards(ask("snapshot?atLeast=6"));
    const beyond = await afterwards(ask("snapshot?atLeast=600"));

    expect(way.replied?.headers.Location).toBe(`s/${at(6)}`);
    expect(beyond.replied?.headers.Location).toBe(`s/${at(6)}`);
  });

  test("[H1] [B64] snapshots are kept for as many bytes as the bound says, and the newest one always", async () => {
    await start({ keptSnapshotBytes: 1 });
    await added("a");
    await afterwards(ask("snapshot?atLeast=1"));
    await added("b");
    await afterwards(ask("snapshot?atLeast=2"));

    expect([ask(`s/${at(1)}`).status, ask(`s/${at(2)}`).status]).toEqual([302, 200]);
    expect(metrics).toMatchObject({ keptSnapshots: 1, snapshots: 2, states: 2 });
    expect(metrics.keptSnapshotBytes).toBeGreaterThan(1);
  });
});

describe("polls", () => {
  beforeEach(() => added("a", "b"));

  test("[H2] a poll waits for what follows, and is answered by the facts, the diff and a sync with digest", async () => {
    const poll = await afterwards(ask(`t/${at(2)}`), 5_000);
    expect(poll.status).toBeNull();

    await added("c", "d");

    expect([poll.status, poll.cache]).toEqual([200, "public, max-age=0, s-maxage=1"]);
    expect(poll.messages).toMatchObject([
      { type: "sync", version: 2, epoch: manager.epoch, space: main()?.creationId, model: 3, beaconMs: 30_000 },
      { type: "delta", from: 2, version: 4 },
      { type: "sync", version: 4, head: 4, digest: main()?.digest() },
    ]);
  });

  test("[H2] [B65] an answer without news comes after three fifths of a beacon interval, and all who waited may share it", async () => {
    const poll = await afterwards(ask(`t/${at(2)}`), 17_999);
    expect(poll.status).toBeNull();

    await runtime.pass(1);

    expect([poll.status, poll.cache, poll.types]).toEqual([200, "public, max-age=0, s-maxage=1", ["sync", "sync"]]);
    expect(poll.messages[1]).toMatchObject({ version: 2, digest: main()?.digest(), at: runtime.wallTime() });
  });

  test.each([
    [1_000, 600],
    [60_000, 25_000],
  ])("[H2] [B65] where a beacon comes every %i ms a poll waits for %i ms", async (beaconMs, waitMs) => {
    await start({}, beaconMs);
    await added("a");

    const poll = await afterwards(ask(`t/${at(1)}`), waitMs - 20);
    expect(poll.status).toBeNull();
    await runtime.pass(20);

    expect(poll.types).toEqual(["sync", "sync"]);
  });

  test("[H2] a poll that is told not to wait is answered at once, and so is one with a check", async () => {
    const now = ask(`t/${at(2)}?wait=0`);
    const checked = ask(`t/${at(1)}?check=7`);

    expect([now.types, now.cache]).toEqual([["sync", "sync"], "public, max-age=0, s-maxage=1"]);
    expect(checked.types).toEqual(["sync", "delta", "sync", "sync"]);
    expect(checked.messages[3]).toMatchObject({ check: 7, version: 2, digest: main()?.digest() });
  });

  test("[H2] [D2] the answer to a check is kept by nobody, with news and without, in a stream too", () => {
    const checked = [`t/${at(2)}?check=7`, `t/${at(1)}?check=7`, `live/${at(1)}?check=7`].map((path) => ask(path));

    expect(checked.map(({ cache }) => cache)).toEqual(["no-store", "no-store", "no-store"]);
  });

  test("[H2] where beacons come more often than every 15 s no answer is kept, since it would be too old to be live", async () => {
    for (const [beaconMs, cache] of [
      [14_999, "no-store"],
      [15_000, "public, max-age=0, s-maxage=1"],
    ] as const) {
      await start({}, beaconMs);
      await added("a", "b");

      const answers = [`t/${at(1)}`, `t/${at(2)}?wait=0`, `live/${at(1)}`].map((path) => ask(path));

      expect(answers.map((answer) => answer.cache)).toEqual([cache, cache, cache]);
    }
  });

  test("[H2] what else stands in the address changes nothing: it tells one answer without news from the next", async () => {
    const poll = ask(`t/${at(2)}?after=1900000000000`);
    expect(poll.status).toBeNull();
    await added("c");

    expect(poll.messages).toMatchObject([{ version: 2 }, { from: 2, version: 3 }, { version: 3 }]);
  });

  test("[H3] everybody at one position gets one answer, made once, and one from before leads less far", async () => {
    const polls = [ask(`t/${at(2)}`), ask(`t/${at(2)}`), ask(`t/${at(1)}`)];
    const early = polls[2]?.messages;
    await added("c");

    const [one, two] = polls.map(({ replied }) => replied?.body);

    expect(one).toEqual(two);
    expect(one?.type === "messages" && two?.type === "messages" && one.frames[0] === two.frames[0]).toBe(true);
    expect(early).toMatchObject([{ version: 1 }, { from: 1, version: 2 }, { version: 2 }]);
    expect(ask(`t/${at(1)}`).messages).toMatchObject([{ version: 1 }, { from: 1, version: 3 }, { version: 3 }]);
  });

  test("[H5] what can't be resumed is 410 for a second, also when that turns out while somebody waits", async () => {
    const unknown = ask(`t/${at(2, "another")}`);
    const beyond = ask(`t/${at(9)}`);
    const otherSpace = ask(`t/other/${manager.epoch}/2`);

    for (const { status, cache, replied } of [unknown, beyond, otherSpace]) {
      expect([status, cache]).toEqual([410, "public, max-age=0, s-maxage=1"]);
      expect(replied?.body).toMatchObject({ type: "problem", snapshot: "../../../snapshot" });
    }
    await start({ tombstones: 1 });
    await added("a", "b", "c");
    const waiting = ask(`t/${at(3)}`);
    const gone = ["a", "b", "c"].map((id) => manager.apply({ type: "host_removed", target: id, data: {} }));
    await runtime.pass(10);
    await Promise.all(gone);
    expect(waiting.status).toBe(410);
  });

  test("[H2] [E7] after a takeover an answer begins with the step, at the version in the address", async () => {
    const before = manager.epoch;
    const poll = ask(`t/${at(2)}`);
    const stream = ask(`live/${at(2)}`);
    await takeOver();
    expect(poll.status).toBeNull();
    await added("c");

    expect(poll.messages).toMatchObject([
      {
        type: "sync",
        version: 2,
        epoch: manager.epoch,
        lineage: [
          [before, 2],
          [manager.epoch, 3],
        ],
      },
      { type: "delta", from: 2, version: 3 },
      { type: "sync", version: 3, digest: main()?.digest() },
    ]);
    const told = stream.events.map(({ message: { type, version, epoch } }) => [type, version, epoch]);
    expect(told.slice(-2)).toEqual([
      ["sync", 2, manager.epoch],
      ["delta", 3, undefined],
    ]);
  });

  test("[H1] [E7] a snapshot of an earlier epoch is not led to any more", async () => {
    await afterwards(ask("snapshot"));
    await takeOver();

    const way = await afterwards(ask("snapshot"));

    expect(way.replied?.headers.Location).toBe(`s/${at(2)}`);
  });

  test("[H7] a reader owes no acks: whatever its stream has been sent, the next diff follows", async () => {
    const stream = ask(`live/${at(2)}`);
    const long = "x".repeat(200_000);

    for (let n = 0; n < 12; n += 1) {
      const done = manager.apply({ type: "host_added", target: `h${n}`, data: { long } });
      await runtime.pass(100);
      await done;
    }

    expect(stream.events.filter(({ message }) => message.type === "delta")).toHaveLength(12);
    expect(stream.ended).toBe(false);
  });
});

describe("streams", () => {
  beforeEach(() => added("a"));

  test("[H4] a stream begins with what follows the version in its address, and says when each message was written", async () => {
    await added("b");
    const stream = await afterwards(ask(`live/${at(1)}`), 700);
    await added("c");

    expect([stream.status, stream.cache]).toEqual([200, "public, max-age=0, s-maxage=1"]);
    expect(stream.events.map(({ offsetMs, message }) => [message.type, message.version, offsetMs < 700])).toEqual([
      ["sync", 1, true],
      ["delta", 2, true],
      ["sync", 2, true],
      ["delta", 3, false],
    ]);
  });

  test("[H4] [B65] beacons come in it, and it ends after 55 s", async () => {
    const stream = await afterwards(ask(`live/${at(1)}`), 54_999);
    expect([stream.events.length, stream.ended]).toEqual([3, false]);
    expect(stream.events[2]).toMatchObject({ message: { type: "sync", digest: main()?.digest() } });

    await runtime.pass(1);

    expect([stream.ended, hub.metrics.connections]).toEqual([true, 0]);
  });

  test("[H4] [A5] a stream whose reader takes nothing ends", async () => {
    const stream = ask(`live/${at(1)}`);
    stream.congested = true;
    await added("b");

    await runtime.pass(10);
    expect(stream.events.some(({ message }) => message.version === 2)).toBe(false);
    await runtime.pass(55_000);

    expect([stream.ended, hub.metrics.connections]).toEqual([true, 0]);
  });
});

describe("ends", () => {
  beforeEach(() => added("a"));

  test("[H8] [A11] a revocation answers those who wait, at once", async () => {
    const polls = ["ann", "bob", "cid"].map((name) => ask(`t/${at(1)}`, "session", name));
    const stream = ask(`live/${at(1)}`, "session", "ann");

    hub.revoke((subject) => (subject === "ann" ? 4401 : subject === "bob" ? 4403 : null));

    expect(polls.map(({ status }) => status)).toEqual([401, 403, null]);
    expect(stream.ended).toBe(true);
  });

  test("[H8] [C51] nothing for one session is kept by anybody", async () => {
    const way = await afterwards(ask("snapshot", "session"));
    const state = ask(`${way.replied?.headers.Location}`, "session");
    const poll = ask(`t/${at(0)}`, "session");

    const checks = [ask(`t/${at(1)}?check=1`, "session"), ask(`live/${at(1)}?check=1`, "session")];
    for (const answer of [way, state, poll, ...checks, ask("t/x/y/1", "session")]) {
      expect(answer.cache).toBe("private, no-store");
      expect(answer.replied?.headers).not.toHaveProperty("Access-Control-Allow-Origin");
    }
  });

  test("[H2] those who wait are sent on at once when the authority ends", async () => {
    const poll = ask(`t/${at(1)}`);
    const stream = ask(`live/${at(1)}`);

    hub.close();

    expect([poll.status, poll.cache, poll.replied?.headers["Retry-After"]]).toEqual([503, "no-store", "1"]);
    expect(stream.ended).toBe(true);
  });

  test("[H2] a space that ends is 404 to those who wait, and to those who ask", async () => {
    await doing((transaction) => transaction.createSpace("output/1"));
    const { creationId } = manager.space("output/1") ?? {};
    const poll = ask(`t/${creationId}/${manager.epoch}/0`, "everybody", null, "output/1");

    await doing((transaction) => transaction.removeSpace("output/1", { archive: false }));
    await settle();

    expect([poll.status, ask("snapshot", "everybody", null, "output/1").status]).toEqual([404, 404]);
  });

  test("[H2] a reader that is gone leaves nothing behind", async () => {
    const poll = ask(`t/${at(1)}`);
    expect(hub.metrics.connections).toBe(1);

    poll.gone();
    await added("b");

    expect([poll.status, hub.metrics.connections]).toEqual([null, 0]);
  });

  test("[H2] a diff that is made off the event loop comes in the answer, and no answer comes before it", async () => {
    await start({ largeDeltaChars: 100 });
    await added("a");
    const poll = ask(`t/${at(1)}`);

    const done = manager.apply({ type: "host_added", target: "b", data: { long: "x".repeat(1_000) } });
    await runtime.pass(2);
    expect(poll.status).toBeNull();
    await runtime.pass(20);
    await done;

    expect(poll.types).toEqual(["sync", "delta", "sync"]);
  });

  test("[H6] an answer that took a while to make says how old its beginning is, and one that was made at once says nothing", async () => {
    const quick = ask(`t/${at(0)}`);
    await start({ largeDeltaChars: 100 });
    await added("a");
    runtime.encodesLargeMs = 1_200;
    const poll = ask(`t/${at(1)}`);

    const done = manager.apply({ type: "host_added", target: "b", data: { long: "x".repeat(1_000) } });
    await runtime.pass(2_000);
    await done;

    expect([quick.replied?.headers.Age, poll.replied?.headers.Age]).toEqual([undefined, "2"]);
  });
});
