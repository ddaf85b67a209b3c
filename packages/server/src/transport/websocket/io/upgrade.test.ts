import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import type { Limits } from "../../../limits/limits.ts";
import type { Refusal } from "../../refusal.ts";
import type { ServeSyncOptions } from "./serve-sync.ts";
import { Served, until, V1 } from "./upgrade-suite.ts";

let served: Served;

async function start(options: Omit<ServeSyncOptions, "manager"> = {}, limits: Partial<Limits> = {}): Promise<void> {
  served = await Served.start(options, limits);
}

afterEach(() => served.end());

const NOT_SIGNED_IN: Refusal = { refuse: 401, code: "not_signed_in", message: "sign in first" };
const FORBIDDEN: Refusal = { refuse: 403, code: "forbidden", message: "not you" };
const NO_SUCH_SPACE: Refusal = { refuse: 404, code: "unknown_space", message: "no such space" };
const BUSY: Refusal = { refuse: 503, code: "too_many_requests", message: "come back" };
const granted = { space: "main", subject: null };

describe("where a page comes from", () => {
  test("[C2] a page of another host is refused before the 101, with what would let it in, and is not judged", async () => {
    let judged = 0;
    await start({
      authorize: () => {
        judged += 1;
        return granted;
      },
    });

    const foreign = await served.knock({ origin: "https://evil.example", cookie: "session=1" });

    expect(foreign).toMatchObject({
      status: 403,
      messages: [],
      problem: { code: "origin_refused", hint: expect.stringContaining("allowedOrigins") },
    });
    expect(judged).toBe(0);
  });

  test("[C2] nobody who brings a cookie comes in without an Origin", async () => {
    await start();

    expect(await served.knock({ cookie: "session=1" })).toMatchObject({ status: 403 });
    expect(await served.knock()).toMatchObject({ status: 101, messages: [{ type: "init" }] });
  });

  test("[C2] without any settings only the server's own pages may follow, and listed ones besides", async () => {
    await start({ allowedOrigins: ["http://localhost:5173"] });

    const own = await served.knock({ origin: served.ownOrigin, cookie: "session=1" });
    const listed = await served.knock({ origin: "http://localhost:5173", cookie: "session=1" });
    const other = await served.knock({ origin: "http://localhost:5174", cookie: "session=1" });

    expect([own.status, listed.status, other.status]).toEqual([101, 101, 403]);
  });

  test("[C4] a foreign name that points to this machine opens nothing, also where all addresses are listened on", async () => {
    served = await Served.start({}, {}, "0.0.0.0");
    const host = `evil.example:${served.port}`;

    expect(await served.knock({ origin: `http://${host}`, host })).toMatchObject({ status: 403 });
    expect(await served.knock({ host })).toMatchObject({ status: 403 });
  });

  test("[C2] a function takes the place of the check", async () => {
    await start({ allowedOrigins: ({ headers }) => (headers.origin === "https://a.example" ? null : FORBIDDEN) });

    expect(await served.knock({ origin: "https://a.example" })).toMatchObject({ status: 101 });
    expect(await served.knock({ origin: served.ownOrigin })).toMatchObject({ status: 403 });
    expect(await served.knock()).toMatchObject({ status: 403 });
  });
});

describe("the CSRF token", () => {
  test.each(["tok", "to/k==", "ä"])("[C3] the full profile shows that of its session (%s)", async (token) => {
    await start({ csrf: () => Promise.resolve(token) });
    const headers = { origin: served.ownOrigin };
    const encoded = `csrf64.${Buffer.from(token).toString("base64url")}`;

    expect(await served.knock(headers, [V1, encoded])).toMatchObject({ status: 101, messages: [{ type: "init" }] });
    for (const shown of [[V1], [V1, "csrf.x"], [V1, "csrf64.eA"], ["csrf.x"], [V1, "csrf64.%"], [V1, "csrf."]]) {
      expect(await served.knock(headers, shown)).toMatchObject({ status: 403, problem: { code: "csrf_failed" } });
    }
    expect(await served.knock(headers, [])).toMatchObject({ status: 101 });
  });

  test("[C3] one that is legal as a subprotocol may come as it is; none is asked of who has none", async () => {
    await start({ csrf: ({ headers }) => headers.cookie?.slice(2) ?? null });
    const cookie = { origin: served.ownOrigin, cookie: "s=tok" };

    expect(await served.knock(cookie, [V1, "csrf.tok"])).toMatchObject({ messages: [{ type: "init" }] });
    expect(await served.knock({ origin: served.ownOrigin })).toMatchObject({ messages: [{ type: "init" }] });
  });

  test("[C3] an empty one is none that could be shown", async () => {
    await start({ csrf: () => "" });

    expect(await served.knock({}, [V1, "csrf."])).toMatchObject({ status: 403 });
  });
});

describe("whom `authorize` refuses", () => {
  test.each([
    ["not signed in", 4401, NOT_SIGNED_IN],
    ["forbidden", 4403, FORBIDDEN],
    ["no such space", 4404, NO_SUCH_SPACE],
  ])("[M7] a page may be told only by the close code that it is %s: %i and nothing else", async (_, code, refusal) => {
    await start({ authorize: () => refusal });

    const page = await served.knock({ origin: served.ownOrigin });
    const plainPage = await served.knock({ origin: served.ownOrigin }, []);
    const other = await served.knock();

    expect([page, plainPage]).toEqual(Array(2).fill({ status: 101, closeCode: code, messages: [] }));
    expect(other).toMatchObject({ status: refusal.refuse, problem: { code: refusal.code } });
    expect(served.endpoint.metrics).toMatchObject({ turnedAway: 2, accepted: 0 });
  });

  test("[C1] what a page had better try again is refused before the 101", async () => {
    await start({
      authorize: (_, { url }) => (url.searchParams.has("csrf") ? { ...FORBIDDEN, code: "csrf_failed" } : BUSY),
    });
    const page = { origin: served.ownOrigin };

    expect(await served.knock(page)).toMatchObject({ status: 503 });
    expect(await served.knock(page, [V1], "/sync?csrf")).toMatchObject({ status: 403 });
  });

  test("[A11] a page whose right is taken away while it is being looked up is told so as well", async () => {
    const looking = Promise.withResolvers<typeof granted>();
    const asked = Promise.withResolvers<void>();
    await start({
      authorize: () => {
        asked.resolve();
        return looking.promise;
      },
    });
    const page = served.knock({ origin: served.ownOrigin });
    await asked.promise;

    served.endpoint.revoke(() => 4403);
    looking.resolve(granted);

    expect(await page).toEqual({ status: 101, closeCode: 4403, messages: [] });
  });

  test("[C7] [B15] a page that is turned away takes room until it has gone, and is not waited for long", async () => {
    await start({ authorize: () => FORBIDDEN }, { connectionsPerAddress: 1 });
    const page = { origin: served.ownOrigin };
    const stays = connectTcp({ port: served.port, host: "127.0.0.1", allowHalfOpen: true });
    stays.on("error", () => {});
    stays.write(handshake(page.origin));
    await until(() => served.endpoint.connectionCount === 1);

    expect(await served.knock(page)).toMatchObject({ status: 429, retryAfter: "5" });
    await until(() => served.endpoint.connectionCount === 0);
    expect(await served.knock(page)).toMatchObject({ closeCode: 4403 });
    stays.destroy();
  });
});

test("[C13] who is refused, and why, can be logged in one place", async () => {
  const refused: unknown[] = [];
  await start({
    authorize: () => FORBIDDEN,
    onRefused: ({ headers }, { code }) => refused.push([headers.origin, code]),
  });

  await served.knock();
  await served.knock({ origin: served.ownOrigin });
  await served.knock({ origin: "https://evil.example" });

  expect(refused).toEqual([
    [undefined, "forbidden"],
    [served.ownOrigin, "forbidden"],
    ["https://evil.example", "origin_refused"],
  ]);
});

describe("functions of the owner that fail", () => {
  const broken = () => {
    throw new Error("a bug of mine");
  };
  const cases: [string, Omit<ServeSyncOptions, "manager">][] = [
    ["path", { path: broken }],
    ["allowedOrigins", { allowedOrigins: broken }],
    ["csrf", { csrf: broken }],
    ["authorize", { authorize: broken }],
    ["authorize, later", { authorize: () => Promise.reject(new Error("a bug of mine")) }],
    ["addressOf", { addressOf: broken }],
  ];

  test.each(cases)(
    "[C6] %s that throws is a 500 for that request, and its owner is told unasked",
    async (_, options) => {
      const told = vi.spyOn(console, "error").mockImplementation(() => {});
      await start(options);

      const outcome = await served.knock({ origin: served.ownOrigin });

      expect(outcome).toMatchObject({ status: 500, messages: [] });
      expect(told.mock.calls).toEqual([[expect.any(String), new Error("a bug of mine")]]);
      expect(served.endpoint.metrics.failedUpgrades).toBe(1);
      told.mockRestore();
    },
  );

  test("[C6] `onRefused` that throws harms nobody", async () => {
    const errors: unknown[] = [];
    await start({ authorize: () => FORBIDDEN, onRefused: broken, onError: (error) => errors.push(error) });

    expect(await served.knock()).toMatchObject({ status: 403 });
    expect(await served.knock({ origin: served.ownOrigin })).toMatchObject({ closeCode: 4403 });
    expect(errors).toEqual(Array(2).fill(new Error("a bug of mine")));
  });

  test.each([
    ["throws", broken],
    ["rejects", () => Promise.reject(new Error("a bug of mine"))],
  ])("[C6] `onError` that %s harms nobody", async (_, onError) => {
    const told = vi.spyOn(console, "error").mockImplementation(() => {});
    await start({ authorize: broken, onError });

    expect(await served.knock()).toMatchObject({ status: 500 });
    expect(told.mock.calls).toEqual([[expect.any(String), new Error("a bug of mine")]]);
    told.mockRestore();
  });

  test("[C6] what a judge of `revoke` throws is a 500 for who is being judged, and comes to who called it", async () => {
    const looking = Promise.withResolvers<typeof granted>();
    const asked = Promise.withResolvers<void>();
    const errors: unknown[] = [];
    await start({
      authorize: () => {
        asked.resolve();
        return looking.promise;
      },
      onError: (error) => errors.push(error),
    });
    const page = served.knock();
    await asked.promise;

    expect(served.endpoint.revoke(broken)).toBe(0);
    looking.resolve(granted);

    expect(await page).toMatchObject({ status: 500 });
    expect(errors).toEqual([new Error("a bug of mine")]);
  });

  test("[A11] one that can't be judged by `revoke` keeps nobody else connected", async () => {
    await start({ authorize: (_, { url }) => ({ space: "main", subject: url.search }) });
    const sockets = ["?a", "?broken", "?b"].map((query) => served.socket({}, [V1], `/sync${query}`));
    await until(() => served.endpoint.connectionCount === 3);
    const closed = [0, 2].map((at) => once(sockets[at] as WebSocket, "close"));

    expect(() => served.endpoint.revoke((subject) => (subject === "?broken" ? broken() : 4403))).toThrow(
      "a bug of mine",
    );

    expect((await Promise.all(closed)).map(([code]) => code)).toEqual([4403, 4403]);
    expect(served.endpoint.metrics).toMatchObject({ connections: 1, revoked: 2 });
  });

  const nonsense: unknown[] = [
    undefined,
    null,
    {},
    "main",
    { space: 7 },
    { refuse: 200, code: "x", message: "x" },
    { refuse: 101, code: "x", message: "x" },
    { refuse: "401", code: "x", message: "x" },
    { refuse: 401 },
    { refuse: 401, code: "x", message: 1n },
    { refuse: 429, code: "x", message: "x", retryAfterMs: Number.NaN },
    { refuse: undefined, space: "main" },
  ];

  test.each(nonsense)("[C1] %o is no verdict, and lets nobody in", async (verdict) => {
    const errors: unknown[] = [];
    await start({ authorize: () => verdict as Refusal, onError: (error) => errors.push(error) });

    expect(await served.knock({ origin: served.ownOrigin })).toMatchObject({ status: 500, messages: [] });
    expect(errors).toHaveLength(1);
  });

  test.each(["authorize", "csrf"])("[A10] [B14] %s that gives no answer is waited for so long", async (name) => {
    const errors: unknown[] = [];
    const never = () => new Promise<never>(() => {});
    await start({ [name]: never, onError: (error: unknown) => errors.push(error) }, { authorizeMs: 20 });

    expect(await served.knock({ origin: served.ownOrigin })).toMatchObject({ status: 500 });
    expect(errors).toEqual([new Error("a connection could not be judged within 0.02 s")]);
  });
});

describe("several listeners on one http server", () => {
  test("[A10] two endpoints share it, and what is for neither is answered at once", async () => {
    await start();
    const second = served.serve({ path: "/other" });

    expect(await served.knock()).toMatchObject({ messages: [{ type: "init" }] });
    expect(await served.knock({}, [V1], "/other")).toMatchObject({ messages: [{ type: "init" }] });
    expect(await served.knock({}, [V1], "/nope")).toMatchObject({ status: 404, problem: { code: "unknown_space" } });
    expect([served.endpoint.metrics.unservedUpgrades, second.metrics.unservedUpgrades]).toEqual([1, 0]);
    expect(served.http.listenerCount("upgrade")).toBe(1);
  });

  test("[A10] one that is closed leaves its path to nobody, and the other goes on", async () => {
    await start();
    const second = served.serve({ path: "/other" });

    await second.close();

    expect(await served.knock({}, [V1], "/other")).toMatchObject({ status: 404 });
    expect(await served.knock()).toMatchObject({ messages: [{ type: "init" }] });
  });

  test("[A10] [B16] what another listener does not take either is ended after a while, and counted", async () => {
    await start({}, { unservedMs: 20 });
    served.http.on("upgrade", () => {});

    expect(await served.knock({}, [V1], "/nope")).toMatchObject({ status: 404 });
    expect(served.endpoint.metrics.unservedUpgrades).toBe(1);
  });

  test("[A10] what another listener has answered is its own", async () => {
    await start({}, { unservedMs: 1 });
    const others: Socket[] = [];
    served.http.on("upgrade", ({ url }, socket: Socket) => {
      if (url !== "/hmr") return;
      socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
      others.push(socket);
    });
    const { port } = served;
    const hmr = new WebSocket(`ws://127.0.0.1:${port}/hmr`);
    hmr.on("error", () => {});
    await until(() => others.length === 1);

    expect(await served.knock({}, [V1], "/nope")).toMatchObject({ status: 404 }); // Ended after the time was over for both.

    expect(served.endpoint.metrics.unservedUpgrades).toBe(1);
    expect(others[0]?.writableEnded).toBe(false);
    others[0]?.destroy();
  });
});

/** RFC 6455, section 4.1. */
function handshake(origin: string): string {
  return [
    "GET /sync HTTP/1.1",
    `Host: ${new URL(origin).host}`,
    `Origin: ${origin}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "\r\n",
  ].join("\r\n");
}
