import { digestOf, type ServerMessage, SyncError } from "@neverstale/protocol";
import { describe, expect, test } from "vitest";
import { FakeEnvironment, json, promisesSettled } from "./environment/fake-environment-suite.ts";
import { delta, full, hostPut } from "./machine/machine-rig-suite.ts";
import type { Divergence } from "./records/divergence.ts";
import { Replica, type ReplicaOptions } from "./replica.ts";
import { effectPosition } from "./requests/answer.ts";
import { request } from "./requests/request.ts";
import { select } from "./views/selection.ts";

interface Host {
  readonly id: string;
  readonly cpu: number;
}

interface Fleet {
  readonly hosts: ReadonlyMap<string, Host>;
  readonly events: ReadonlyMap<string, { readonly id: string }>;
}

function startSync(options: Partial<ReplicaOptions> = {}) {
  const io = new FakeEnvironment();
  const sync = new Replica<Fleet>({ url: "/sync", io, ...options });
  return { io, sync };
}

/** The `sync` with digest that follows a full state. */
function levelAt(sync: Replica<Fleet>, version: number): ServerMessage {
  return { type: "sync", version, head: version, digest: sync.digest() };
}

function liveAt(version: number, options: Partial<ReplicaOptions> = {}) {
  const { io, sync } = startSync(options);
  io.socket.open().push(
    full(version, {
      hosts: [
        { id: "web-1", cpu: 1 },
        { id: "web-2", cpu: 2 },
      ],
    }),
  );
  io.socket.push(levelAt(sync, version));
  return { io, sync };
}

describe("a state that the page came with", () => {
  const initial = { epoch: "e1", space: "c1", version: 7, payload: { hosts: [{ id: "web-1", cpu: 1 }] } };

  test("[E2] is shown at once, as not confirmed, and the first connection goes on from it", () => {
    const { io, sync } = startSync({ initial });

    expect([...sync.state.hosts.values()]).toEqual([{ id: "web-1", cpu: 1 }]);
    expect(sync.view).toMatchObject({ status: { type: "connecting" }, version: 7, epoch: "e1", lastConfirmedAt: null });
    expect(Object.fromEntries(io.socket.url.searchParams)).toMatchObject({ epoch: "e1", space: "c1", version: "7" });
  });

  test("is shown while nothing is started, too", () => {
    const { sync } = startSync({ initial, autoStart: false });

    expect(sync.list("hosts")).toHaveLength(1);
    expect(sync.version).toBe(7);
  });

  test("[R4] that is not the authority's is healed by its first digest", () => {
    const { io, sync } = startSync({ initial });
    const facts = { epoch: "e1", space: "c1", model: 1, beaconMs: 30_000, lineage: [] };
    io.socket.open().push({ type: "sync", version: 7, head: 7, resumed: facts });
    io.socket.push({ type: "sync", version: 7, head: 7, digest: "0123456789abcdef" });

    expect(io.socket.sent.at(-1)).toEqual({ type: "get_state", reason: "digest" });
    expect(sync.status.type).not.toBe("live");
  });

  test("[R9] goes with another user", () => {
    const { sync } = startSync({ initial, user: "ann" });

    sync.start("bob");

    expect(sync.list("hosts")).toEqual([]);
  });

  test.each([
    ["no object", "text"],
    ["a version that is none", { ...initial, version: -1 }],
    ["records without ids", { ...initial, payload: { hosts: [{}] } }],
  ])("that is none is refused: %s", (_, wrong) => {
    expect(() => startSync({ initial: wrong as typeof initial })).toThrow(
      expect.objectContaining({ code: "bad_message" }),
    );
  });
});

describe("the connection", () => {
  test("[R7] what the authority complains of is shown with its hint, and when it is tried again by the wall clock", async () => {
    const { io, sync } = startSync();
    const hint = "Keep fewer records.";
    io.socket.open().push({ type: "error", code: "snapshot_failed", message: "too large", hint, retryAfterMs: 5_000 });
    const retryAt = io.wall + 5_000;
    io.socket.close(1013);
    const { error } = sync.view;

    await io.pass(1_000);

    expect(error).toEqual({ code: "snapshot_failed", message: "too large", hint, retryAt });
    expect(sync.view.error).toBe(error);
    expect(sync.status).toMatchObject({ type: "connecting", retryAt });
  });

  test("is opened at the address, relative to the page, in the profile of this protocol", () => {
    const { io } = startSync();

    expect(io.socket.url.href).toBe("ws://fleet.test/sync?parts=1&steps=1");
    expect(io.socket.protocols).toEqual(["neverstale.v1"]);
  });

  test("a page that came over TLS opens one over TLS", () => {
    const io = new FakeEnvironment();
    io.baseUrl = "https://fleet.test/";
    new Replica({ url: "/sync/output/c1?tail=1", io });

    expect(io.socket.url.href).toBe("wss://fleet.test/sync/output/c1?tail=1&parts=1&steps=1");
  });

  test("[E4] after a cut it asks to resume from its position", async () => {
    const { io } = liveAt(5);

    io.socket.close(1006);
    await io.pass(1_000);

    expect(io.sockets).toHaveLength(2);
    expect(Object.fromEntries(io.socket.url.searchParams)).toEqual({
      parts: "1",
      steps: "1",
      epoch: "e1",
      space: "c1",
      version: "5",
    });
  });

  test("a browser's CSRF token is the second subprotocol, kept over a cut and fetched anew when that brings no connection", async () => {
    const asked: boolean[] = [];
    const csrf = async ({ refresh }: { refresh: boolean }) => `t${asked.push(refresh)}`;
    const { io } = startSync({ csrf });
    await promisesSettled();
    io.socket.close(1006);
    await io.pass(1_000);
    const second = io.socket.protocols;
    io.socket.close(1006);
    await io.pass(2_000);

    expect(second).toEqual(["neverstale.v1", "csrf.t1"]);
    expect(io.sockets).toHaveLength(3);
    expect(io.socket.protocols).toEqual(["neverstale.v1", "csrf.t2"]);
    expect(asked).toEqual([false, true]);
  });

  test("[R9] a session that has ended shows when the token is fetched: a browser hides why a socket was refused", async () => {
    const { io, sync } = liveAt(5);
    const csrfSync = startSync({
      csrf: ({ refresh }) => {
        if (refresh) throw new SyncError("not_signed_in", "no session");
        return "t1";
      },
    });
    await promisesSettled();
    csrfSync.io.socket.close(1006);
    await csrfSync.io.pass(1_000);
    csrfSync.io.socket.close(1006);
    await csrfSync.io.pass(2_000);

    expect(csrfSync.sync.status).toEqual({ type: "signed_out" });
    expect(sync.status).toEqual({ type: "live" });
    expect(io.sockets).toHaveLength(1);
  });

  test("[P2] a replica that is told of the wake-up asks for a new token at once where the old one is refused", async () => {
    let tokens = 0;
    const { io } = startSync({ csrf: () => `t${++tokens}` });
    await promisesSettled();
    io.socket.close(1006);

    io.signal("awake");
    await promisesSettled();
    expect(io.socket.protocols).toEqual(["neverstale.v1", "csrf.t1"]);
    io.socket.close(1006);
    await promisesSettled();

    expect(io.socket.protocols).toEqual(["neverstale.v1", "csrf.t2"]);
  });

  test("[P2] a replica that is told of the wake-up doesn't wait for a token that was asked for before", async () => {
    const answers: ((token: string) => void)[] = [];
    const csrf = () => new Promise<string>((resolve) => answers.push(resolve));
    const { io } = startSync({ csrf });
    await io.pass(3_000);

    io.signal("awake");
    await io.pass(1_100);
    answers[1]?.("t2");
    await promisesSettled();

    expect(io.socket.protocols).toEqual(["neverstale.v1", "csrf.t2"]);
  });

  test("a token that can't be fetched is a connection that failed", async () => {
    const { io, sync } = startSync({ csrf: "/api/session" });
    await io.pass(100);

    expect(sync.status).toMatchObject({ type: "connecting", attempt: 1 });
    expect(io.sockets).toEqual([]);
  });

  test("a token that comes after its attempt was given up opens nothing", async () => {
    let give = (_token: string): void => {};
    const { io, sync } = startSync({
      csrf: () =>
        new Promise<string>((resolve) => {
          give = resolve;
        }),
    });
    sync.stop();

    give("late");
    await promisesSettled();

    expect(io.sockets).toEqual([]);
  });

  test("[A4b] acks go out as time passes", async () => {
    const { io } = liveAt(5);

    await io.pass(250);

    expect(io.socket.sent).toEqual([{ type: "ack", n: 2 }]);
  });
});

describe("old sockets", () => {
  test("[R8] what an old one still delivers, at once or after inflating it, is dropped", async () => {
    const { io, sync } = liveAt(5);
    let inflated = (_text: string): void => {};
    io.inflater = () =>
      new Promise<string>((resolve) => {
        inflated = resolve;
      });
    const old = io.socket;
    old.push(Uint8Array.of(1));
    old.close(1012);

    io.socket.open();
    old.push(full(99));
    inflated(JSON.stringify(full(98)));
    await promisesSettled();
    old.close(4401);

    expect(sync.version).toBe(5);
    expect(sync.status).toEqual({ type: "catching_up" });
    expect(io.sockets).toHaveLength(2);
  });

  test("[R5] the replica never listens to two: the silent one is closed before the next is opened", async () => {
    const { io } = liveAt(5);
    io.signal("awake");
    const first = io.socket;

    await io.pass(1_000);

    expect(first.closedWith).toBe(1000);
    expect(io.sockets).toHaveLength(2);
  });
});

describe("frames", () => {
  test("[R10] they are taken in order although inflating takes its time", async () => {
    const { io, sync } = liveAt(5);
    let inflated = (_text: string): void => {};
    io.inflater = () =>
      new Promise<string>((resolve) => {
        inflated = resolve;
      });

    io.socket.push(Uint8Array.of(1), delta(6, 7, hostPut("web-4")));
    const before = sync.version;
    inflated(JSON.stringify(delta(5, 6, hostPut("web-3"))));
    await promisesSettled();

    expect([before, sync.version]).toEqual([5, 7]);
    expect([...sync.state.hosts.keys()]).toEqual(["web-1", "web-2", "web-3", "web-4"]);
    expect(sync.counters.gaps).toBe(0);
  });

  test("one that is no message drops the connection", () => {
    const { io, sync } = liveAt(5);

    io.socket.push("{");

    expect(io.socket.closedWith).toBe(4400);
    expect(sync.counters.badFrames).toBe(1);
    expect(sync.state.hosts.size).toBe(2);
  });

  test("one of an unknown type does not", () => {
    const { io, sync } = liveAt(5);

    io.socket.push('{"type":"weather","version":6}');

    expect(sync.status).toEqual({ type: "live" });
  });
});

describe("those who listen", () => {
  test("[R1] are told once for each frame, with state and version already moved together", () => {
    const { io, sync } = liveAt(5);
    const seen: (number | undefined)[][] = [];
    sync.subscribe(() =>
      seen.push([sync.version, sync.state.hosts.get("web-1")?.cpu, sync.state.hosts.get("web-2")?.cpu]),
    );

    io.socket.push(delta(5, 7, { hosts: { set: { "web-1": { cpu: 10 }, "web-2": { cpu: 20 } } } }));

    expect(seen).toEqual([[7, 10, 20]]);
  });

  test("[R1] once for several that come out of the queue together", async () => {
    const { io, sync } = liveAt(5);
    io.inflater = async () => JSON.stringify(delta(5, 6));
    let calls = 0;
    sync.subscribeRecord("hosts", "web-1", () => calls++);

    io.socket.push(Uint8Array.of(1), delta(6, 7, hostPut("web-1", 3)), delta(7, 8, hostPut("web-1", 4)));
    await promisesSettled();

    expect([sync.version, calls]).toEqual([8, 1]);
  });

  test("only those of records and collections that moved", () => {
    const { io, sync } = liveAt(5);
    const told: string[] = [];
    sync.subscribeRecord("hosts", "web-1", () => told.push("web-1"));
    sync.subscribeRecord("hosts", "web-2", () => told.push("web-2"));
    sync.subscribeCollection("hosts", () => told.push("hosts"));
    sync.subscribeCollection("events", () => told.push("events"));

    io.socket.push(delta(5, 6, hostPut("web-2", 9)));

    expect(told.sort()).toEqual(["hosts", "web-2"]);
  });

  test("a change of status alone is told to those of everything", async () => {
    const { io, sync } = liveAt(5);
    const statuses: string[] = [];
    let records = 0;
    sync.subscribe(() => statuses.push(sync.status.type));
    sync.subscribeCollection("hosts", () => records++);

    io.socket.close(1006);
    await io.pass(45_000);

    expect(statuses[0]).toBe("connecting");
    expect(records).toBe(0);
  });

  test("one that throws harms neither the replica nor the others", async () => {
    const { io, sync } = liveAt(5);
    let calls = 0;
    sync.subscribe(() => {
      throw new Error("a bug in a screen");
    });
    sync.subscribe(() => calls++);

    io.socket.push(delta(5, 6));

    expect([sync.version, calls]).toEqual([6, 1]);
    await expect(io.pass(0)).rejects.toThrow("a bug in a screen");
  });

  test("one that has left is not told, and may come back", () => {
    const { io, sync } = liveAt(5);
    let calls = 0;
    const leave = sync.subscribe(() => calls++);
    leave();
    io.socket.push(delta(5, 6));
    sync.subscribe(() => calls++);
    io.socket.push(delta(6, 7));

    expect(calls).toBe(1);
  });

  test("one that asks for something in its turn is served", () => {
    const { io, sync } = liveAt(5);
    const leave = sync.subscribe(() => {
      leave();
      sync.refresh();
    });

    io.socket.push(delta(5, 6));

    expect(io.socket.sent.at(-1)).toEqual({ type: "get_state", reason: "manual" });
  });

  test("lists and selections keep their identity until something of theirs moves", () => {
    const { io, sync } = liveAt(5);
    const names = select(sync, ({ hosts }) => [...hosts.keys()].join());
    const [hosts, events] = [sync.list("hosts"), sync.list("events")];

    io.socket.push(delta(5, 6, { events: { put: [{ id: "1" }] } }));

    expect(sync.list("hosts")).toBe(hosts);
    expect(sync.list("events")).not.toBe(events);
    expect(names.current).toBe("web-1,web-2");
  });
});

describe("what it says of itself", () => {
  test("before the first state every collection is empty, and nothing is confirmed", () => {
    const { sync } = startSync();

    expect(sync.state.hosts.size).toBe(0);
    expect(sync.list("hosts")).toEqual([]);
    expect([sync.version, sync.epoch, sync.position, sync.lastConfirmedAt, sync.confirmedAgeMs]).toEqual([
      0,
      null,
      null,
      null,
      null,
    ]);
  });

  test("[R7] when it was last confirmed, as wall time, and how long ago", async () => {
    const { io, sync } = liveAt(5);
    const confirmed = io.wall;
    await io.pass(10_000);

    expect([sync.lastConfirmedAt, sync.confirmedAgeMs]).toEqual([confirmed, 10_000]);
  });

  test("[R7] that age is the larger of what the two clocks say", async () => {
    const slept = liveAt(5);
    slept.io.wall += 600_000;
    const setBack = liveAt(5);
    const confirmed = setBack.sync.lastConfirmedAt;
    setBack.io.wall -= 600_000;
    await setBack.io.pass(500);

    expect(slept.sync.confirmedAgeMs).toBe(600_000);
    expect([setBack.sync.confirmedAgeMs, setBack.sync.lastConfirmedAt]).toEqual([500, confirmed]);
  });

  test("[R7] the view is one object for as long as nothing in it changes", async () => {
    const { io, sync } = liveAt(5);
    const before = sync.view;

    await io.pass(20_000);

    expect(sync.view).toBe(before);
    expect(before).toMatchObject({
      status: { type: "live" },
      version: 5,
      epoch: "e1",
      outdated: false,
      checking: false,
    });
  });

  test("[R7] stale is noticed by itself, and says since when as wall time", async () => {
    const { io, sync } = liveAt(5);
    const confirmed = io.wall;

    await io.pass(45_000);

    expect(sync.status).toEqual({ type: "stale", since: confirmed, why: "unconfirmed" });
  });

  test("[R7] while a check is out it says that it is checking", () => {
    const { io, sync } = liveAt(5);

    io.signal("awake");
    const during = sync.view.checking;
    io.socket.push({ ...levelAt(sync, 5), check: 1 } as ServerMessage);

    expect([during, sync.view.checking]).toEqual([true, false]);
  });
});

describe("waking up", () => {
  test("[R5] a clock that jumped is noticed within two seconds, without anyone who tells", async () => {
    const { io } = liveAt(5);

    io.wall += 3_600_000;
    await io.pass(2_000);

    expect(io.sockets[0]?.sent.filter(({ type }) => type === "check")).toHaveLength(1);
  });

  test("[R5] so is a timer that comes much too late", async () => {
    const { io } = liveAt(5);

    io.monotonic += 30_000;
    io.wall += 30_000;
    await io.pass(1);

    expect(io.socket.sent).toContainEqual({ type: "check", n: 1 });
  });

  test("[R5] a frame from before the sleep does not pass for an answer", async () => {
    const { io } = liveAt(5);
    await io.pass(300);

    io.wall += 3_600_000;
    io.socket.push(delta(5, 6));
    await io.pass(1_000);

    expect(io.sockets).toHaveLength(2);
    expect(io.sockets[0]?.closedWith).toBe(1000);
  });

  test("[R5] signals of the page reach it until it is stopped", () => {
    const { io, sync } = liveAt(5);
    io.signal("suspended");
    const aside = io.socket.closedWith;
    io.signal("awake");
    const sockets = io.sockets.length;
    sync.stop();

    expect([aside, sockets, io.watchers]).toEqual([1000, 2, 0]);
  });

  test("stopped, no timer is left behind, and start resumes", async () => {
    const { io, sync } = liveAt(5);

    sync.stop();
    const timers = io.timers;
    sync.start();

    expect(timers).toBe(0);
    expect(io.socket.url.searchParams.get("version")).toBe("5");
    expect(io.watchers).toBe(1);
  });
});

describe("signing out", () => {
  test("[R9] clears what was shown and tells those who show it", () => {
    const { sync } = liveAt(5);
    const told: string[] = [];
    sync.subscribeRecord("hosts", "web-1", () => told.push("record"));
    sync.subscribe(() => told.push(sync.status.type));

    sync.signOut();

    expect(told).toEqual(["record", "signed_out"]);
    expect([sync.state.hosts.size, sync.list("hosts").length, sync.version, sync.lastConfirmedAt]).toEqual([
      0,
      0,
      0,
      null,
    ]);
  });

  test("[R9] another user's session begins with another token", async () => {
    let tokens = 0;
    const { io, sync } = startSync({ user: "ada", csrf: () => `t${++tokens}` });
    await promisesSettled();

    sync.start("bob");
    await promisesSettled();

    expect(io.socket.protocols).toEqual(["neverstale.v1", "csrf.t2"]);
  });
});

describe("divergence", () => {
  test("[P5] found by the next beacon, it is healed, counted, and reported with the records that differed", () => {
    const reports: Divergence[] = [];
    const { io, sync } = liveAt(5, { onDivergence: (divergence) => reports.push(divergence) });
    const truth = [
      { id: "web-1", cpu: 1 },
      { id: "web-2", cpu: 77 },
    ];
    const digest = digestOf({ hosts: new Map(truth.map((host) => [host.id, host])) });

    io.socket.push({ type: "sync", version: 5, head: 5, digest });
    io.socket.push(full(5, { type: "full_state", hosts: truth }));
    io.socket.push({ type: "sync", version: 5, head: 5, digest });

    expect(sync.state.hosts.get("web-2")?.cpu).toBe(77);
    expect(sync.status).toEqual({ type: "live" });
    expect(sync.counters).toMatchObject({ divergences: 1, digestMismatches: 1, resyncs: { digest: 1 } });
    expect(reports).toEqual([
      {
        reason: "digest",
        from: { epoch: "e1", space: "c1", version: 5 },
        to: { epoch: "e1", space: "c1", version: 5 },
        exact: true,
        differing: 1,
        records: [{ collection: "hosts", id: "web-2" }],
      },
    ]);
    expect(sync.lastDivergence).toBe(reports[0]);
  });

  test("[P5] it is reported also when the connection was lost before the answer, and the next one healed it", async () => {
    const reports: Divergence[] = [];
    const { io } = liveAt(5, { onDivergence: (divergence) => reports.push(divergence) });
    io.socket.push({ type: "sync", version: 5, head: 5, digest: "0".repeat(16) });
    io.socket.close(1006);
    await io.pass(1_000);

    io.socket.open().push(
      full(6, {
        hosts: [
          { id: "web-1", cpu: 1 },
          { id: "web-2", cpu: 77 },
        ],
      }),
    );

    expect(reports).toMatchObject([
      { reason: "digest", exact: false, differing: 1, records: [{ collection: "hosts", id: "web-2" }] },
    ]);
  });

  test("a gap is a resync but no divergence, and the view tells how far it went", () => {
    const { io, sync } = liveAt(5);

    io.socket.push(delta(8, 9));
    io.socket.push(full(9, { type: "full_state", hosts: [{ id: "web-9", cpu: 0 }] }));

    expect(sync.counters.divergences).toBe(0);
    expect(sync.view.lastResync).toEqual({ reason: "gap", at: io.wall, fromVersion: 5, toVersion: 9 });
  });
});

describe("reached", () => {
  test("[D2] the effect of a dispatch is waited for", async () => {
    const { io, sync } = liveAt(5);
    io.answer = () => json(202, { epoch: "e1", version: 6 });
    const order: string[] = [];

    const done = request(sync.route("/api/jobs"), {}).then(async (answer) => {
      order.push("answered");
      await sync.reached(effectPosition(answer));
      order.push(`at ${sync.version}`);
    });
    await promisesSettled();
    io.socket.push(delta(5, 6));
    await done;

    expect(order).toEqual(["answered", "at 6"]);
  });

  test("[D2] a lost history rejects, and says what to do", async () => {
    const { io, sync } = liveAt(5);
    const reached = sync.reached({ epoch: "gone", version: 4 });

    io.socket.push({ ...levelAt(sync, 5), check: 1 } as ServerMessage);

    await expect(reached).rejects.toMatchObject({
      code: "history_lost",
      hint: expect.stringContaining("same idempotency key"),
    });
  });

  test("[D2] it can be given up", async () => {
    const { sync } = liveAt(5);
    const stop = new AbortController();
    const reached = sync.reached({ epoch: "e1", version: 9 }, { signal: stop.signal });

    stop.abort(new Error("left the page"));

    await expect(reached).rejects.toThrow("left the page");
    await expect(sync.reached({ epoch: "e1", version: 9 }, { signal: stop.signal })).rejects.toThrow("left the page");
  });

  test("[D2] a replica that ends tells those who wait", async () => {
    const { io, sync } = liveAt(5);
    const reached = sync.reached({ epoch: "e1", version: 9 });

    io.socket.close(4403);

    await expect(reached).rejects.toMatchObject({ code: "closed" });
  });
});
