import { SyncError, timeOfKey } from "@neverstale/protocol";
import { describe, expect, test } from "vitest";
import type { HttpAnswer, HttpRequest } from "../environment/environment.ts";
import { FakeEnvironment, json, promisesSettled } from "../environment/fake-environment-suite.ts";
import { Replica } from "../replica.ts";
import { effectPosition, problemOf } from "./answer.ts";
import { type RequestOptions, request } from "./request.ts";

const ANSWER = { job: "j1", epoch: "e1", version: 7 };

/** Any request with an effect. */
const ask = (sync: Replica, options?: RequestOptions) => request(sync.route("/api/jobs"), { job: "restart" }, options);

/** A server that answers with these in turn, and the last one for ever; an Error is an answer that never comes. */
function serving(...answers: readonly (HttpAnswer | Error)[]) {
  const io = new FakeEnvironment();
  const tokens: boolean[] = [];
  const answer = async (request: HttpRequest) => {
    const turn = io.requests.filter(({ url }) => url === request.url).length - 1;
    const next = answers[Math.min(turn, answers.length - 1)];
    if (next === undefined || next instanceof Error) throw next;
    return next;
  };
  io.answer = answer;
  const csrf = ({ refresh }: { refresh: boolean }) => {
    tokens.push(refresh);
    return `token-${tokens.length}`;
  };
  const sync = new Replica({ url: "/sync", io, csrf, autoStart: false });
  return { io, sync, tokens };
}

async function failureOf(promise: Promise<unknown>): Promise<SyncError> {
  const error = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof SyncError)) throw new Error(`a SyncError was expected, not ${String(error)}`);
  return error;
}

describe("a request", () => {
  test("[D1] is a POST with the CSRF token, a key made by the client, and its body", async () => {
    const { io, sync } = serving(json(202, ANSWER));

    const body = { job: "restart", args: { unit: "nginx" } };
    const done = await request(sync.route("/api/jobs"), body);

    expect(done).toEqual(ANSWER);
    expect(effectPosition(done)).toEqual({ epoch: "e1", version: 7 });
    expect(io.requests).toMatchObject([
      {
        method: "POST",
        url: "http://fleet.test/api/jobs",
        headers: { "X-CSRF-Token": "token-1", "Content-Type": "application/json" },
      },
    ]);
    expect(JSON.parse(io.requests[0]?.body ?? "")).toEqual(body);
    expect(timeOfKey(io.requests[0]?.headers["Idempotency-Key"] ?? "")).toBe(Math.trunc(io.wallTime()));
  });

  test("[D1] each call has a key of its own, unless one is given", async () => {
    const { io, sync } = serving(json(202, ANSWER));

    await ask(sync);
    await ask(sync);
    await ask(sync, { idempotencyKey: "again" });

    const keys = io.requests.map(({ headers }) => headers["Idempotency-Key"]);
    expect(new Set(keys).size).toBe(3);
    expect(keys[2]).toBe("again");
  });

  test("[D4] works without the WebSocket, and without one ever being opened", async () => {
    const { io, sync } = serving(json(202, ANSWER));

    await ask(sync);

    expect(io.sockets).toEqual([]);
  });

  test("may have another method, and no body", async () => {
    const { io, sync } = serving({ status: 204, retryAfter: null, text: "" });

    const answer = await request(sync.route("/api/hosts/web-1"), undefined, { method: "DELETE" });

    expect(answer).toBeNull();
    expect(io.requests[0]).toMatchObject({ method: "DELETE", body: null, headers: { "X-CSRF-Token": "token-1" } });
    expect(io.requests[0]?.headers["Content-Type"]).toBeUndefined();
  });

  test("an answer without a position is told as that", () => {
    for (const answer of [null, [], {}, { epoch: "e1" }, { epoch: 1, version: 2 }, { epoch: "e1", version: 1.5 }]) {
      expect(() => effectPosition(answer)).toThrow(expect.objectContaining({ code: "bad_message" }));
    }
  });
});

describe("CSRF", () => {
  test("[D3] a failure is refreshed and retried once, with the same key", async () => {
    const { io, sync, tokens } = serving(json(403, { code: "csrf_failed" }), json(202, ANSWER));

    await ask(sync);

    expect(tokens).toEqual([false, true]);
    expect(io.requests.map(({ headers }) => headers["X-CSRF-Token"])).toEqual(["token-1", "token-2"]);
    const [first, second] = io.requests.map(({ headers }) => headers["Idempotency-Key"]);
    expect([typeof first, second]).toEqual(["string", first]);
  });

  test("[D3] the second failure is the end", async () => {
    const { io, sync } = serving(json(403, { code: "csrf_failed", detail: "no", hint: "reload" }));

    const error = await failureOf(ask(sync));

    expect([error.code, error.hint, io.requests.length]).toEqual(["csrf_failed", "reload", 2]);
  });

  test("the token is asked for once for all that follow", async () => {
    const { sync, tokens } = serving(json(202, ANSWER));

    await Promise.all([ask(sync), ask(sync)]);

    expect(tokens).toEqual([false]);
  });

  test("an address stands for the session it gives; without a session nothing is sent", async () => {
    const io = new FakeEnvironment();
    let signedIn = true;
    io.answer = ({ url }) => {
      if (!url.endsWith("/api/session")) return json(202, ANSWER);
      return signedIn ? json(200, { user: "ada", role: "admin", csrfToken: "from-session" }) : json(401, {});
    };
    const sync = new Replica({ url: "/sync", io, csrf: "/api/session", autoStart: false });
    await ask(sync);
    const token = io.requests.at(-1)?.headers["X-CSRF-Token"];

    signedIn = false;
    sync.signOut();
    const error = await failureOf(ask(sync));

    expect(token).toBe("from-session");
    expect(error.code).toBe("not_signed_in");
    expect(io.requests.filter(({ method }) => method === "POST")).toHaveLength(1);
  });

  test("with bearer credentials there is no token", async () => {
    const io = new FakeEnvironment();
    io.answer = () => json(202, ANSWER);
    const sync = new Replica({ url: "/sync", io, autoStart: false });

    await ask(sync);

    expect(Object.keys(io.requests[0]?.headers ?? {})).not.toContain("X-CSRF-Token");
  });
});

describe("answers that don't come", () => {
  test("[D3] a lost answer is asked for again with the same key, after a backoff", async () => {
    const { io, sync } = serving(new Error("reset"), new Error("reset"), json(202, ANSWER));

    const asked = ask(sync);
    await io.pass(249);
    const before = io.requests.length;
    await io.pass(1);
    const after = io.requests.length;
    await io.pass(500);

    expect(await asked).toEqual(ANSWER);
    expect([before, after, io.requests.length]).toEqual([1, 2, 3]);
    expect(new Set(io.requests.map(({ headers }) => headers["Idempotency-Key"])).size).toBe(1);
  });

  test("[D3] an answer that was cut off, or made by a proxy, is a lost one", async () => {
    const cut: HttpAnswer = { status: 202, retryAfter: null, text: '{"commands":[' };
    const proxy: HttpAnswer = { status: 502, retryAfter: null, text: "<html>bad gateway</html>" };
    const { io, sync } = serving(cut, proxy, json(202, ANSWER));

    const asked = ask(sync);
    await io.pass(10_000);

    expect(await asked).toEqual(ANSWER);
  });

  test("[D3] what stays unknown is reported as unknown, with the key to find out", async () => {
    const { io, sync } = serving(new Error("reset"));

    const failure = failureOf(ask(sync));
    await io.pass(30_000);
    const error = await failure;

    expect(error.code).toBe("unreachable");
    expect(error.message).toContain("unknown");
    expect(error.hint).toContain("id-1");
  });

  test("[D3] so is a commit of which the server doesn't know the outcome", async () => {
    const { io, sync } = serving(json(500, { code: "outcome_unknown" }), new Error("down"), json(202, ANSWER));

    const asked = ask(sync);
    await io.pass(5_000);
    expect(await asked).toEqual(ANSWER);

    const hopeless = serving(json(500, { code: "outcome_unknown" }));
    const failure = failureOf(ask(hopeless.sync));
    await hopeless.io.pass(30_000);
    expect((await failure).code).toBe("outcome_unknown");
  });

  test("[D3] a refusal after lost answers stays unknown only where nothing later says otherwise", async () => {
    const { io, sync } = serving(new Error("reset"), json(503, { code: "store_unavailable" }));

    const failure = failureOf(ask(sync));
    await io.pass(30_000);

    expect((await failure).code).toBe("unreachable");
  });

  test("[D3] after a lost answer a refusal of the repeat says nothing of what was lost, whatever its reason", async () => {
    const refusals: [number, string][] = [
      [400, "bad_request"],
      [401, "not_signed_in"],
      [403, "forbidden"],
      [403, "csrf_failed"],
      [404, "not_found"],
      [409, "host_busy"],
      [422, "invalid_args"],
    ];
    for (const [status, code] of refusals) {
      const { io, sync } = serving(new Error("reset"), json(status, { code, detail: "no" }));

      const failure = failureOf(request(sync.route("/api/hosts/web-1"), undefined, { method: "DELETE" }));
      await io.pass(5_000);
      const error = await failure;

      expect([error.code, error.message]).toEqual(["unreachable", expect.stringContaining("unknown: no")]);
      expect(problemOf(error.cause)?.code).toBe(code);
    }
  });

  test("[D3] a key that belongs to another request does: nothing can have happened under it", async () => {
    const { io, sync } = serving(new Error("reset"), json(409, { code: "key_reused" }));

    const failure = failureOf(ask(sync));
    await io.pass(5_000);

    expect((await failure).code).toBe("key_reused");
  });

  test("[D3] a 503 that does not say that nothing happened may have come after the request was passed on", async () => {
    const ends = [
      ["shutting_down", "store_unavailable"],
      ["store_unavailable", "store_unavailable"],
      ["outcome_unknown", "outcome_unknown"],
      ["", "outcome_unknown"],
    ] as const;
    for (const [said, code] of ends) {
      const { io, sync } = serving(json(503, { code: said }, "1"));

      const failure = failureOf(ask(sync));
      await io.pass(30_000);

      expect((await failure).code).toBe(code);
    }
  });

  test("the attempts end when the caller says, and leave no timer behind", async () => {
    const { io, sync } = serving(new Error("reset"));
    const stop = new AbortController();
    const asked = ask(sync, { signal: stop.signal });
    const rejected = expect(asked).rejects.toThrow("enough");
    await promisesSettled();

    stop.abort(new Error("enough"));

    await rejected;
    expect(io.timers).toBe(0);
  });

  test("a caller may give it less time", async () => {
    const { io, sync } = serving(new Error("reset"));

    const failure = failureOf(ask(sync, { timeoutMs: 1_000 }));
    await io.pass(1_000);

    expect((await failure).code).toBe("unreachable");
    expect(io.requests.every(({ timeoutMs }) => timeoutMs <= 1_000)).toBe(true);
  });
});

describe("answers that say no", () => {
  test("429 and 503 are repeated, not before their Retry-After", async () => {
    for (const status of [429, 503]) {
      const { io, sync } = serving(json(status, {}, "3"), json(202, ANSWER));

      const asked = ask(sync);
      await io.pass(2_999);
      const before = io.requests.length;
      await io.pass(1);

      expect(await asked).toEqual(ANSWER);
      expect(before).toBe(1);
    }
  });

  test("a Retry-After may be a date", async () => {
    const { io, sync } = serving(json(503, {}, new Date(1_700_000_005_000).toUTCString()), json(202, ANSWER));

    const asked = ask(sync);
    await io.pass(4_900);
    const before = io.requests.length;
    await io.pass(100);

    expect(await asked).toEqual(ANSWER);
    expect(before).toBe(1);
  });

  test("one that lies beyond the time there is ends it at once, and is passed on", async () => {
    const { sync } = serving(json(429, { code: "too_many_requests" }, "3600"));

    const error = await failureOf(ask(sync));

    expect([error.code, error.retryAfterMs]).toEqual(["too_many_requests", 3_600_000]);
  });

  test("any other 4xx is refused, with the server's problem document", async () => {
    const document = {
      type: "about:blank",
      title: "Busy",
      detail: "web-1 runs backup",
      code: "host_busy",
      hint: "Wait.",
    };
    const { io, sync } = serving(json(409, document));

    const error = await failureOf(ask(sync));

    expect([error.code, error.message, error.hint]).toEqual(["request_refused", "web-1 runs backup", "Wait."]);
    expect(problemOf(error)).toMatchObject({ status: 409, code: "host_busy", document });
    expect(io.requests).toHaveLength(1);
  });

  test("[D1] a key that was used with another body, one that is too old, and a missing session, have codes of their own", async () => {
    const reused = await failureOf(ask(serving(json(409, { code: "key_reused" })).sync));
    const expired = await failureOf(ask(serving(json(409, { code: "key_expired" })).sync));
    const stranger = await failureOf(ask(serving(json(401, { code: "not_signed_in" })).sync));

    expect([reused.code, expired.code, stranger.code]).toEqual(["key_reused", "key_expired", "not_signed_in"]);
  });

  test("an error of another kind has no problem document", () => {
    expect(problemOf(new Error("x"))).toBeNull();
    expect(problemOf(new SyncError("closed", "x"))).toBeNull();
  });
});
