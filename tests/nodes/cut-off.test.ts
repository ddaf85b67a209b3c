import { once } from "node:events";
import { nodeEnvironment, StateSync } from "@neverstale/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { Door } from "../faults/stage/nodes/door.ts";
import { NodeFleet, until } from "./node-fleet.ts";
import type { NodeProcess } from "./node-process.ts";
import { Person } from "./person.ts";

let fleet: NodeFleet;
let door: Door;
let near: NodeProcess;
/** It reaches the database through the door. */
let far: NodeProcess;
let person: Person;

beforeAll(async () => {
  fleet = await NodeFleet.start();
  door = await Door.to(fleet.database.port);
  near = fleet.add("--no-local-agent", "--beacon-interval", "1s");
  far = fleet.addBehind(door.port, "--no-local-agent", "--beacon-interval", "1s");
  await near.start();
  await far.start();
  person = await Person.signIn(near);
});
afterAll(async () => {
  await fleet?.dispose();
  await door?.close();
});

/** Every path of the API that is read, as the server describes itself. */
async function readPaths(): Promise<string[]> {
  const { body } = await person.get(near, "/api/openapi.json");
  const paths = Object.entries(body.paths as Record<string, object>).filter(([, methods]) => "get" in methods);
  return paths.map(([path]) => path.replaceAll(/\{\w+\}/g, "x"));
}

/** These show nothing of the state, and judge nobody by it. */
const OPEN = ["/healthz", "/readyz", "/metrics", "/agent/neverstale.tgz", "/agent/node/x"];

test("[N7] a node that has lost its database shows nothing of the state and turns nobody away by it, and says to come back", async () => {
  const paths = (await readPaths()).filter((path) => !OPEN.includes(path));
  await until("the node knows the session", async () => (await person.call(far, "GET", "/api/session")).status === 200);

  door.shut();
  await until("the node is not ready", async () => (await far.readiness()).http === 503);
  const answers = await Promise.all(paths.map((path) => person.call(far, "GET", path)));
  const strangers = await Promise.all(paths.map((path) => fetch(far.address + path)));
  const open = await Promise.all(["/", "/healthz", "/metrics"].map((path) => person.call(far, "GET", path)));

  expect(paths).toEqual(
    expect.arrayContaining(["/api/state", "/api/commands", "/api/event-log", "/api/pipelines", "/api/session"]),
  );
  for (const { status, body, headers } of answers) {
    expect([status, body.code, headers.get("retry-after")]).toEqual([503, "store_unavailable", "1"]);
    expect(headers.get("content-type")).toMatch(/^application\/problem\+json/);
  }
  expect(strangers.map(({ status }) => status)).toEqual(paths.map(() => 503));
  expect(open.map(({ status }) => status)).toEqual([200, 200, 200]);
  door.open();
  await until("the node is ready", async () => (await far.readiness()).http === 200);
});

test("[N7] a replica at such a node is not live, one that comes gets nothing, and both show the newest once it is back", async () => {
  const follow = () =>
    new StateSync({
      url: `${far.address.replace("http", "ws")}/sync`,
      io: nodeEnvironment({ WebSocket, headers: person.headersAt(far) }),
    });
  const before = follow();
  await until("it is live", () => before.status.type === "live");

  door.shut();
  const cutAt = performance.now();
  await until("it is not live any more", () => before.status.type !== "live");
  const noticedMs = performance.now() - cutAt;
  await until("the node is not ready", async () => (await far.readiness()).http === 503);
  const made = await person.call(near, "POST", "/api/enrollment-tokens", { label: "made meanwhile" });
  const version = before.version;
  const socket = await person.socket(far);
  const messages: string[] = [];
  socket.on("message", (data) => messages.push(String(data)));
  const stranger = new WebSocket(`${far.address.replace("http", "ws")}/sync`, { headers: { origin: far.address } });
  const [refused] = await once(stranger, "unexpected-response").then(([, answer]) => [answer.statusCode]);
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  const shown = { status: before.status.type, version: before.version, messages: messages.length };
  door.open();
  await until("it is live again", () => before.status.type === "live");
  await until("the newcomer has the state", () => messages.length > 0);

  expect(made.status).toBe(201);
  expect(noticedMs).toBeLessThan(30_000);
  expect(refused).toBe(503);
  expect(shown).toEqual({ status: expect.not.stringMatching("live"), version, messages: 0 });
  const { body } = await person.get(near, "/api/state");
  await until("it shows what the other node has", () => before.version >= body.version);
  before.stop();
  socket.terminate();
});
