import type { HttpAnswer } from "@neverstale/client";
import { describe, expect, test } from "vitest";
import { FakeServer, json } from "./fake-server-suite.ts";
import { FleetSession } from "./fleet-session.ts";

const SESSION = { user: "ada", role: "operator", csrfToken: "t1" };

function served(...answers: readonly HttpAnswer[]) {
  const server = new FakeServer(...answers);
  return { server, session: new FleetSession({ server: "/base", io: server.io }) };
}

describe("a sign-in", () => {
  test("opens the session, whose token goes with what has an effect and with each replica", async () => {
    const { server, session } = served(json(200, SESSION), json(204, undefined));

    const opened = await session.signIn({ username: "ada", password: "secret" });
    await session.setPassword({ current: "secret", password: "another" });
    session.follow();
    session.followOutput("c/1");
    await new Promise(setImmediate);

    expect(opened).toEqual(SESSION);
    expect(server.asked).toEqual([
      ["POST", "http://fleet.test/base/api/login", { username: "ada", password: "secret" }],
      ["POST", "http://fleet.test/base/api/password", { current: "secret", password: "another" }],
    ]);
    expect(server.requests.map(({ headers }) => headers["X-CSRF-Token"])).toEqual([undefined, "t1"]);
    expect(server.sockets).toEqual([
      "ws://fleet.test/base/sync?parts=1&steps=1 neverstale.v1 csrf.t1",
      "ws://fleet.test/base/sync/output/c%2F1?parts=1&steps=1 neverstale.v1 csrf.t1",
    ]);
  });

  test("that is refused says why, and is not tried again", async () => {
    const problem = { code: "not_signed_in", title: "No", detail: "wrong name or password", hint: "Try another." };
    const { server, session } = served(json(401, problem));

    await expect(session.signIn({ username: "ada", password: "x" })).rejects.toMatchObject({
      message: "wrong name or password",
      hint: "Try another.",
      cause: { status: 401, code: "not_signed_in" },
    });
    expect(server.requests).toHaveLength(1);
  });

  test("without an answer, or with one that is none, says so", async () => {
    const asked = { username: "ada", password: "x" };

    await expect(served().session.signIn(asked)).rejects.toMatchObject({ code: "unreachable" });
    const cut = served({ status: 200, retryAfter: null, text: '{"user":' }).session;
    await expect(cut.signIn(asked)).rejects.toMatchObject({ code: "unreachable" });
    await expect(served(json(200, { user: 1 })).session.signIn(asked)).rejects.toMatchObject({ code: "bad_message" });
  });

  test("the one-time link opens one too", async () => {
    const { server, session } = served(json(200, SESSION));

    await session.setUp({ token: "from the link" });

    expect(server.asked).toEqual([["POST", "http://fleet.test/base/api/setup", { token: "from the link" }]]);
  });
});

describe("the session", () => {
  test("that there is already is asked for; nobody may be signed in", async () => {
    const { session } = served(json(200, SESSION), json(204, undefined));

    expect(await session.load()).toEqual(SESSION);
    expect(await session.load()).toBeNull();
  });

  test("[D3] its token is fetched anew when it was refused", async () => {
    const { server, session } = served(
      json(200, SESSION),
      json(403, { code: "csrf_failed" }),
      json(200, { ...SESSION, csrfToken: "t2" }),
      json(204, undefined),
    );
    await session.load();

    await session.signOut();

    expect(server.asked.map(([, url]) => url.slice("http://fleet.test/base".length))).toEqual([
      "/api/session/here",
      "/api/logout",
      "/api/session",
      "/api/logout",
    ]);
    expect(server.requests.map(({ headers }) => headers["X-CSRF-Token"])).toEqual([undefined, "t1", undefined, "t2"]);
  });

  test("of somebody else, who signed in in another tab, is not gone on with", async () => {
    const { server, session } = served(json(200, { ...SESSION, user: "bob" }), json(200, SESSION));
    session.goOnFor("ada");

    await expect(session.csrfToken({ refresh: false })).rejects.toMatchObject({ code: "not_signed_in" });
    expect(await session.csrfToken({ refresh: true })).toBe("t1");
    expect(server.requests).toHaveLength(2);
  });

  test("asks for what it wants to know, as JSON or as text", async () => {
    const { session } = served(json(200, [1, 2]), { status: 200, retryAfter: null, text: "plain" });

    expect(await session.get("/api/pipelines")).toEqual([1, 2]);
    expect(await session.getText("/api/commands/c1/output")).toBe("plain");
  });

  test("says where people are told of alerts and what became of it, and has a test sent", async () => {
    const target = { id: "hook", kind: "webhook", where: "https://hooks.test", pending: 1 };
    const said = { id: "d1", target: "hook", kind: "test", title: "A test", status: "pending", at: "now", failures: 2 };
    const { server, session } = served(
      json(200, { targets: [target], deliveries: [{ ...said, lastFailure: "HTTP 500", newer: 1 }] }),
      json(200, SESSION),
      json(202, { deliveryId: "d2", epoch: "e", version: 1 }),
    );

    expect(await session.notifications()).toEqual({
      targets: [target],
      deliveries: [{ ...said, lastFailure: "HTTP 500" }],
    });
    await session.testNotification("hook");
    expect(server.asked.at(-1)).toEqual(["POST", "http://fleet.test/base/api/notifications/hook/test", null]);
  });

  test("makes an enrolment token, and learns by which hash the agent is checked", async () => {
    const { server, session } = served(
      json(200, { version: "1.0.0", sha256: "abc", bytes: 1, nodes: [] }),
      json(200, SESSION),
      json(201, { id: "t-1", token: "secret", expiresAt: "2026-01-01T00:00:00.000Z" }),
    );

    const made = await session.makeToken({ uses: 3, tags: ["prod"] });

    expect(made).toEqual({ token: "secret", expiresAt: "2026-01-01T00:00:00.000Z", sha256: "abc" });
    expect(server.asked.at(-1)).toEqual([
      "POST",
      "http://fleet.test/base/api/enrollment-tokens",
      { uses: 3, tags: ["prod"] },
    ]);
  });
});
