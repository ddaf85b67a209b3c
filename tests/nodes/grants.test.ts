import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { NodeFleet, until } from "./node-fleet.ts";
import type { NodeProcess } from "./node-process.ts";
import { Person } from "./person.ts";

let fleet: NodeFleet;
let writer: NodeProcess;
let other: NodeProcess;
let admin: Person;
let token: string;

beforeAll(async () => {
  fleet = await NodeFleet.start();
  writer = fleet.add("--no-local-agent");
  other = fleet.add("--no-local-agent");
  await writer.start();
  await other.start();
  admin = await Person.signIn(writer);
  for (const [hostname, tag] of [
    ["web-1", "team:web"],
    ["strange-1", "team:strange"],
  ] as const)
    await enrol(hostname, tag);
  const asked = { label: "a script", role: "operator", ttlS: 3_600, tags: ["team:web"] };
  token = (await admin.call(writer, "POST", "/api/api-tokens", asked)).body.token;
});
afterAll(() => fleet?.dispose());

async function enrol(hostname: string, tag: string): Promise<void> {
  const made = await admin.call(writer, "POST", "/api/enrollment-tokens", { tags: [tag] });
  const body = {
    hostname,
    os: "Linux",
    arch: "x64",
    agentVersion: "1.0.0",
    nonce: `a nonce of ${hostname}, long enough`,
  };
  const answer = await fetch(`${writer.address}/agent/enroll`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...body, token: made.body.token }),
  });
  expect(answer.status).toBe(200);
}

function byToken(node: NodeProcess, method: string, path: string, body?: object): Promise<Response> {
  const headers = {
    authorization: `Bearer ${token}`,
    ...(body !== undefined && { "content-type": "application/json" }),
  };
  return fetch(node.address + path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
}

test("[C31] [N7] at a node that decides nothing a view holds too, and has moved before a change of tags is answered", async () => {
  const address = `${other.address.replace("http", "ws")}/sync`;
  const socket = new WebSocket(address, ["neverstale.v1"], { headers: { authorization: `Bearer ${token}` } });
  const texts: string[] = [];
  socket.on("message", (data) => texts.push(String(data)));
  await until("the state has come", () => texts.some((text) => text.includes("web-1")));

  const dispatch = await byToken(other, "POST", "/api/dispatch", { op: "uptime", hosts: ["web-1", "strange-1"] });
  const metrics = await byToken(other, "GET", "/api/hosts/strange-1/metrics");
  await admin.call(writer, "PATCH", "/api/hosts/strange-1", { tags: ["team:web"] });
  const shown = await (await byToken(other, "GET", "/api/state")).text();
  await until("the host has come", () => texts.some((text) => text.includes("strange-1")));
  await admin.call(other, "PATCH", "/api/hosts/strange-1", { tags: ["team:strange"] });
  const hidden = await (await byToken(other, "GET", "/api/state")).text();
  await until("the host has gone", () => texts.some((text) => /"remove":\["strange-1"\]/.test(text)));
  const before = texts.slice(
    0,
    texts.findIndex((text) => text.includes("strange-1")),
  );
  socket.terminate();

  expect([dispatch.status, metrics.status]).toEqual([404, 404]);
  expect([shown.includes("strange-1"), hidden.includes("strange-1")]).toEqual([true, false]);
  expect(before.every((text) => !text.includes("strange"))).toBe(true);
});

test("[C11] [N7] whoever is limited at one node is sent back at another one, and shown no more there", async () => {
  const made = await admin.call(writer, "POST", "/api/users", { name: "maria", role: "operator" });
  const taken = await fetch(`${other.address}/api/invitation`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: other.address },
    body: JSON.stringify({ token: made.body.token, password: "a password of maria" }),
  });
  const cookie = String(taken.headers.get("set-cookie")).split(";", 1)[0] ?? "";
  const socket = new WebSocket(`${other.address.replace("http", "ws")}/sync`, {
    headers: { cookie, origin: other.address },
  });
  await new Promise((resolve) => socket.once("message", resolve));
  const closed = new Promise((resolve) => socket.once("close", resolve));
  const granted = await admin.call(writer, "PATCH", "/api/users/maria", { tags: ["team:web"] });
  const state = await (await fetch(`${other.address}/api/state`, { headers: { cookie } })).text();

  expect([taken.status, granted.status, await closed]).toEqual([200, 200, 1012]);
  expect([state.includes("web-1"), state.includes("strange-1")]).toEqual([true, false]);
});
