import type { Environment } from "@neverstale/client";
import { FleetSession } from "@neverstale/fleet-client";
import { describe, expect, test } from "vitest";
import { LIVE, Moments, READ_ONLY_WORDS } from "./moments.ts";

const NOON = Date.parse("2026-03-01T12:00:00.000Z");

const SESSION = JSON.stringify({ user: "ann", role: "operator", csrfToken: "t" });

type Connection = Parameters<Environment["openSocket"]>[2];

/** A page that follows a fleet of one host. The other end of its connection is the test. */
function page() {
  const asked: string[] = [];
  let clock = NOON;
  let connection: Connection | null = null;
  const io: Environment = {
    now: () => clock - NOON,
    wallTime: () => clock,
    chance: () => 0.5,
    newId: () => "id",
    after: () => ({ cancel: () => {} }),
    baseUrl: "http://fleet.test/hosts",
    openSocket: (_url, _protocols, events) => {
      connection = events;
      return { send: () => {}, close: () => {} };
    },
    request: ({ method, url }) => {
      asked.push(`${method} ${new URL(url).pathname}`);
      return Promise.resolve({ status: 200, retryAfter: null, text: SESSION });
    },
    inflate: () => "",
    watch: () => () => {},
  };
  const session = new FleetSession({ server: "", io });
  const live = session.follow({ model: 1 });
  const moments = new Moments(live, (initial) => session.follow({ model: 1, initial, autoStart: false }));
  const push = (message: object) => connection?.received(JSON.stringify(message));
  return {
    live,
    moments,
    asked,
    async open() {
      await new Promise((resolve) => setTimeout(resolve, 0));
      connection?.opened();
      const facts = { epoch: "e1", space: "s1", model: 1, beaconMs: 30_000, lineage: [], digest: "0".repeat(16) };
      push({ type: "init", version: 7, ...facts, payload: { hosts: [{ id: "web-1", hostname: "one" }] } });
    },
    rename(hostname: string) {
      const from = live.version;
      push({ type: "delta", from, version: from + 1, payload: { hosts: { set: { "web-1": { hostname } } } } });
    },
    wait(ms: number) {
      clock += ms;
    },
  };
}

const nameIn = ({ shown }: Moments) => shown.replica.state.hosts.get("web-1")?.hostname;

describe("the moment that the page shows", () => {
  test("is live, and the replica is the live one itself", () => {
    const { moments, live } = page();

    expect(moments.shown).toEqual({ moment: LIVE, replica: live });
    expect(moments.shown.replica).toBe(live);
  });

  test("can't be held before there is a state", () => {
    const { moments } = page();

    moments.hold();

    expect(moments.shown.moment).toBe(LIVE);
  });

  test("is held while changes go on behind it, and is live again in one step", async () => {
    const { moments, live, open, rename, wait } = page();
    await open();
    const held: string[] = [];
    moments.subscribe(() => held.push(moments.shown.moment.kind));

    moments.hold();
    rename("two");
    wait(60_000);

    expect(moments.shown.moment).toEqual({ kind: "held", version: 7, at: NOON });
    expect([nameIn(moments), live.state.hosts.get("web-1")?.hostname]).toEqual(["one", "two"]);
    expect([moments.shown.replica.serverNow(), moments.shown.replica.view.version]).toEqual([NOON, 8]);
    moments.resume();
    expect([nameIn(moments), held]).toEqual(["two", ["held", "live"]]);
  });

  test("is past as the server has given it, and there nothing can be asked for", async () => {
    const { moments, open } = page();
    await open();
    const hosts = [{ id: "web-1", hostname: "zero" }];

    moments.look({ epoch: "e1", space: "s1", version: 3, payload: { hosts } }, NOON - 60_000);

    expect(moments.shown.moment).toEqual({ kind: "past", version: 3, at: NOON - 60_000 });
    expect([nameIn(moments), moments.shown.replica.list("hosts")]).toEqual(["zero", hosts]);
    await expect(moments.shown.replica.dispatchOp("restart", ["web-1"])).rejects.toThrow(READ_ONLY_WORDS);
    await expect(moments.shown.replica.silence({ until: "", reason: "" })).rejects.toThrow(READ_ONLY_WORDS);
  });

  test("leaves the actions of a page that is held alone", async () => {
    const { moments, asked, open } = page();
    await open();

    moments.hold();
    void moments.shown.replica.cancelCommand("c1").catch(() => {});

    await expect.poll(() => asked).toContain("POST /api/commands/c1/cancel");
  });
});
