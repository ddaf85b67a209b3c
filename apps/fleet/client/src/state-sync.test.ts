import { timeOfKey } from "@neverstale/protocol";
import { describe, expect, test } from "vitest";
import { FakeServer, json } from "./fake-server-suite.ts";
import { type FleetSyncOptions, StateSync } from "./state-sync.ts";

const COMMAND = { id: "c1", host: "web-1", status: "pending", reason: null };
const ANSWER = { runId: "r1", commands: [COMMAND], epoch: "e1", version: 7 };

function served(answer: unknown, options: FleetSyncOptions = {}) {
  const server = new FakeServer(json(202, answer));
  const sync = new StateSync({ io: server.io, csrf: () => "token", autoStart: false, ...options });
  return { server, sync };
}

describe("a dispatch", () => {
  test("[D1] is a POST with the CSRF token, a key made by the client, and its arguments", async () => {
    const { server, sync } = served(ANSWER);

    const options = { args: { unit: "nginx" }, wait: true, force: true, totp: "123456" };
    const done = await sync.dispatchOp("restart", ["web-1"], options);

    expect(done).toEqual(ANSWER);
    expect(server.asked).toEqual([
      ["POST", "http://fleet.test/api/dispatch", { op: "restart", hosts: ["web-1"], ...options }],
    ]);
    const headers = server.requests[0]?.headers ?? {};
    expect(headers).toMatchObject({ "X-CSRF-Token": "token", "Content-Type": "application/json" });
    expect(timeOfKey(headers["Idempotency-Key"] ?? "")).toBe(1_700_000_000_000);
  });

  test("[D1] a pipeline goes to its own address, with the options it has and no other", async () => {
    const { server, sync } = served({ pipelineId: "p1", epoch: "e1", version: 8 });

    const done = await sync.dispatchPipeline("health", ["web-1", "web-2"]);
    // @ts-expect-error The server takes no such option for a pipeline.
    await sync.dispatchPipeline("health", ["web-1"], { totp: "123456", force: true });

    expect(done).toEqual({ pipelineId: "p1", epoch: "e1", version: 8 });
    expect(server.asked).toEqual([
      ["POST", "http://fleet.test/api/dispatch/pipeline", { pipeline: "health", hosts: ["web-1", "web-2"] }],
      ["POST", "http://fleet.test/api/dispatch/pipeline", { pipeline: "health", hosts: ["web-1"], totp: "123456" }],
    ]);
  });

  test("[D4] works without the WebSocket, and without one ever being opened", async () => {
    const { server, sync } = served(ANSWER);

    await sync.dispatchOp("uptime", ["web-1"]);

    expect(server.sockets).toEqual([]);
  });

  test.each([[{ commands: "none" }], [{ ...ANSWER, commands: [{ id: 1 }] }], [{ ...ANSWER, epoch: null }]])(
    "an answer of another form is told as that: %o",
    async (answer) => {
      const { sync } = served(answer);

      await expect(sync.dispatchOp("uptime", ["web-1"])).rejects.toMatchObject({ code: "bad_message" });
      await expect(sync.dispatchPipeline("health", ["web-1"])).rejects.toMatchObject({ code: "bad_message" });
    },
  );
});

test("alerts are acknowledged and closed by their ids, and hosts are silenced for a time", async () => {
  const { server, sync } = served(undefined);

  await sync.acknowledgeAlert("a/1");
  await sync.resolveAlert("a/1");
  await sync.silence({ hosts: ["web-1"], until: "2030-01-01T00:00:00.000Z", reason: "moved" });
  await sync.endSilence("s1");

  expect(server.asked).toEqual([
    ["POST", "http://fleet.test/api/alerts/a%2F1/acknowledge", null],
    ["POST", "http://fleet.test/api/alerts/a%2F1/resolve", null],
    [
      "POST",
      "http://fleet.test/api/silences",
      { until: "2030-01-01T00:00:00.000Z", reason: "moved", hosts: ["web-1"] },
    ],
    ["DELETE", "http://fleet.test/api/silences/s1", null],
  ]);
});

test("what a pipeline left undone is run again, under the key that is given", async () => {
  const { server, sync } = served({ pipelineId: "p2", epoch: "e", version: 3 });

  const answer = await sync.retryPipeline("p/1", "failed", { idempotencyKey: "k" });

  expect(answer).toMatchObject({ pipelineId: "p2" });
  expect(server.asked).toEqual([["POST", "http://fleet.test/api/pipelines/p%2F1/retry", { only: "failed" }]]);
});

test("a command and a pipeline are cancelled by their ids", async () => {
  const { server, sync } = served(undefined);

  await sync.cancelCommand("c/1");
  await sync.cancelPipeline("p1");

  expect(server.asked).toEqual([
    ["POST", "http://fleet.test/api/commands/c%2F1/cancel", null],
    ["POST", "http://fleet.test/api/pipelines/p1/cancel", null],
  ]);
});

describe("the server", () => {
  test("is where the page came from, unless it is named, also below a path", async () => {
    for (const [server, address] of [
      [undefined, "fleet.test"],
      ["/base/", "fleet.test/base"],
      ["https://other.test/below", "other.test/below"],
    ] as const) {
      const { server: asked, sync } = served(ANSWER, server === undefined ? {} : { server });
      sync.start();
      await sync.dispatchOp("uptime", ["web-1"]);

      const secure = address.startsWith("other") ? "s" : "";
      expect(asked.asked[0]?.[1]).toBe(`http${secure}://${address}/api/dispatch`);
      expect(asked.sockets).toEqual([`ws${secure}://${address}/sync?parts=1&steps=1 neverstale.v1 csrf.token`]);
    }
  });

  test("gives the token of its session", async () => {
    const server = new FakeServer(json(200, { csrfToken: "of the session" }), json(202, ANSWER));
    const sync = new StateSync({ io: server.io, autoStart: false });

    await sync.dispatchOp("uptime", ["web-1"]);

    expect(server.asked[0]).toEqual(["GET", "http://fleet.test/api/session", null]);
    expect(server.requests[1]?.headers).toMatchObject({ "X-CSRF-Token": "of the session" });
  });
});
