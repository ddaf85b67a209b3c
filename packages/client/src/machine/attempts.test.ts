import { csrfTokenIn } from "@neverstale/protocol";
import { describe, expect, test } from "vitest";
import type { EnvironmentSignal } from "../environment/environment.ts";
import { FakeEnvironment, promisesSettled } from "../environment/fake-environment-suite.ts";
import { Replica, type ReplicaOptions } from "../replica.ts";
import { full } from "./machine-rig-suite.ts";

function startSync(options: Partial<ReplicaOptions> = {}, io = new FakeEnvironment()) {
  return { io, sync: new Replica({ url: "/sync", io, ...options }) };
}

function live(options: Partial<ReplicaOptions> = {}) {
  const { io, sync } = startSync(options);
  io.socket.open().push(full(5), { type: "sync", version: 5, head: 5, digest: "0".repeat(16) });
  return { io, sync };
}

describe("[R6] a socket that can't even be made is a failed attempt", () => {
  test("in a reconnect, and the next one comes with the backoff", async () => {
    const { io, sync } = live();
    io.unmakable = new Error("mixed content");

    io.socket.close(1006);
    await io.pass(20_000);
    const { status } = sync;
    io.unmakable = null;
    await io.pass(60_000);

    expect(status).toMatchObject({ type: "connecting", retryAt: expect.any(Number) });
    expect(status.type === "connecting" && status.attempt).toBeGreaterThan(3);
    expect(io.sockets.length).toBeGreaterThan(1);
  });

  test("also at once after a restart of the server, after a wake-up, and when its silence ends one", async () => {
    for (const cut of ["restart", "awake", "silence"]) {
      const { io } = live();
      io.unmakable = new Error("mixed content");

      if (cut === "restart") io.socket.close(1012);
      if (cut === "awake") io.signal("awake");
      await io.pass(90_000);
      io.unmakable = null;
      await io.pass(60_000);

      expect([cut, io.sockets.length > 1]).toEqual([cut, true]);
    }
  });

  test("with a CSRF token too, also the first time", async () => {
    const io = new FakeEnvironment();
    io.unmakable = new Error("mixed content");
    const { sync } = startSync({ csrf: () => "t" }, io);
    await io.pass(10);
    const { status } = sync;

    io.unmakable = null;
    await io.pass(60_000);

    expect(status).toMatchObject({ type: "connecting", attempt: 1 });
    expect(io.sockets.length).toBeGreaterThan(0);
  });

  test("the first time its maker is told, and nothing goes on", async () => {
    const io = new FakeEnvironment();
    io.unmakable = new Error("no such address");
    const { sync } = startSync({ autoStart: false }, io);

    expect(() => sync.start()).toThrow("no such address");

    expect([io.timers, io.watchers, sync.status.type]).toEqual([0, 0, "stale"]);
    io.unmakable = null;
    sync.start();
    expect(io.sockets).toHaveLength(1);
  });
});

test.each(["a=", "to/ken+x==", "ä", 'q"', "plain"])("[M2] the CSRF token %j comes through as it is", async (token) => {
  const { io } = startSync({ csrf: () => token });
  await promisesSettled();

  const { protocols } = io.socket;
  expect(protocols.every((name) => /^[\w!#$%&'*+.^`|~-]+$/.test(name))).toBe(true);
  expect(csrfTokenIn(protocols)).toBe(token);
});

describe("[R6] while a page is visible it is tried every five seconds or sooner", () => {
  async function longestWait(io: FakeEnvironment, sync: Replica): Promise<number> {
    let longest = 0;
    for (let tries = 0; tries < 10; tries++) {
      io.socket.close(1006);
      const { status } = sync;
      const wait = status.type === "connecting" && status.retryAt !== null ? status.retryAt - io.wall : 0;
      longest = Math.max(longest, wait);
      await io.pass(wait + 1);
    }
    return longest;
  }

  test.each([
    ["visible", true, 5_000],
    ["hidden", false, 30_000],
  ])("a %s one", async (_, seen, longest) => {
    const { io, sync } = live();
    io.randomness = 0.999_999;
    io.seen = seen;

    expect(await longestWait(io, sync)).toBeCloseTo(longest, -1);
  });

  test("where nobody can look the environment need not say so", async () => {
    const io = Object.assign(new FakeEnvironment(), { isSeen: undefined }) as FakeEnvironment;
    const { sync } = startSync({}, io);
    io.randomness = 0.999_999;

    expect(await longestWait(io, sync)).toBeGreaterThan(20_000);
  });
});

describe("a try by hand", () => {
  test("opens a socket at once, whenever the next try would be", async () => {
    const { io, sync } = live();
    io.socket.close(1006);

    sync.retry();

    expect(io.sockets).toHaveLength(2);
    expect(sync.status).toMatchObject({ type: "connecting", retryAt: null });
  });

  test("while one is being opened, or is open, opens no second one, and checks the open one", async () => {
    const { io, sync } = startSync();

    sync.retry();
    io.socket.open().push(full(5));
    sync.retry();

    expect(io.sockets).toHaveLength(1);
    expect(io.socket.sent).toContainEqual({ type: "check", n: 1 });
  });
});

describe("[M7] a replica that may not follow comes back by no sign of life outside", () => {
  const signals: EnvironmentSignal[] = ["awake", "online", "offline", "suspended"];

  test.each([
    [4401, { type: "signed_out" }],
    [4403, { type: "stale", since: null, why: "forbidden" }],
    [4404, { type: "stale", since: null, why: "unknown_space" }],
  ])("closed with %i at once after the opening", async (code, status) => {
    const { io, sync } = startSync();
    io.socket.open().close(code);

    for (const signal of signals) io.signal(signal);
    sync.retry();
    sync.refresh();
    await io.pass(600_000);

    expect(sync.status).toEqual(status);
    expect([io.sockets.length, io.timers]).toEqual([1, 0]);
    sync.start();
    expect(io.sockets).toHaveLength(2);
  });
});
