import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { memoryStore } from "@neverstale/server";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type Browser,
  commandsOf,
  Fleets,
  type HostAgent,
  send,
  signIn,
  type Upgrade,
} from "../../fleet/fleet-suite.ts";
import { round } from "../../process/io/rounds.ts";
import type { RunningFleet } from "../../process/io/start.ts";
import { follow, followByToken, limitedPerson, taggedHost, tagHost } from "../grants-suite.ts";

/*
 * Everything that comes to somebody who is limited is searched for what belongs to other hosts, while these work, fail, vanish and change
 * their tags. All that is of a foreign host says so in its own words: its id, its args, its output.
 */

const FILE = `
pipelines:
  both: { stages: [uptime, disk], waves: [1, rest], max_fail: 0 }
alerts:
  lost: { when: host_offline, for: 1s, severity: critical, title: Hosts are lost }
  full: { when: metric, metric: disk, above: 90, for: 1s }
  runs: { when: command_failed, ops: [disk] }
  pipelines: { when: pipeline_failed }
`;
const SECRET = /strange/i;

const fleets = new Fleets();
const dataDir = fleets.directory();
let now = Date.parse("2030-01-01T00:00:00.000Z");
let fleet: RunningFleet;
let admin: Browser;
let ann: Browser;
let own: HostAgent;
let foreign: HostAgent;
let other: HostAgent;
let mover: HostAgent;
let token: string;

beforeAll(async () => {
  writeFileSync(join(dataDir, "fleet.yaml"), FILE);
  fleet = await fleets.start({ store: memoryStore(), dataDir, now: () => now, steadyNow: () => now });
  admin = await signIn(fleet);
  own = await taggedHost(admin, "web-1", ["team:web"]);
  foreign = await taggedHost(admin, "strange-1", ["team:strange"]);
  other = await taggedHost(admin, "strange-2", ["team:strange"]);
  mover = await taggedHost(admin, "mover-1", ["team:web"]);
  ann = await limitedPerson(admin, "ann", "operator", ["team:web"]);
  const made = await ann.post("/api/api-tokens", { label: "a script", role: "viewer", ttlS: 86_400 });
  token = String(made.body.token);
});
afterAll(() => fleets.end());

/** Time passes, and of these hosts something is heard. */
async function pass(ms: number, heard: readonly HostAgent[]): Promise<void> {
  now += ms;
  for (const { id } of heard) fleet.parts.presences.heard(id);
  await round(fleet.parts, true);
}

async function runOn(hosts: readonly HostAgent[], op: string, status: "succeeded" | "failed"): Promise<string[]> {
  const commands = commandsOf(await admin.post("/api/dispatch", { op, hosts: hosts.map(({ id }) => id) }));
  for (const host of hosts) {
    const id = commands.find((command) => command.host === host.id)?.id ?? "";
    await host.claim(id);
    const text = `${host.id} says so`;
    await host.report({ type: "output", commandId: id, offset: 0, bytes: text.length, text });
    await host.finished(id, status, text.length);
  }
  return commands.map(({ id }) => id);
}

/** It goes on until the host has nothing left to do. */
async function workOff(host: HostAgent, status: "succeeded" | "failed"): Promise<void> {
  for (;;) {
    const next = [...fleet.manager.state.commands.values()].find(
      (command) => command.host === host.id && command.status === "pending" && command.deadline !== undefined,
    );
    if (next === undefined) return;
    await host.run(next.id, status);
  }
}

/** Everything has come that was decided before. */
async function level({ socket, messages }: Upgrade, word: string): Promise<void> {
  await admin.call("PATCH", `/api/hosts/${own.id}`, { location: word });
  while (!messages.some((text) => text.includes(word))) await new Promise((resolve) => socket.once("message", resolve));
}

test("[C31] nothing of a foreign host comes over a socket or a route, while hosts work, fail, vanish and change their tags", async () => {
  const followers = [await follow(ann), await followByToken(fleet, token)];
  await Promise.all(followers.map(({ first }) => first));
  const commands = await runOn([own, foreign, mover], "uptime", "succeeded");
  await foreign.report({ type: "metrics", cpu: 12, disk: 99 });
  await own.report({ type: "metrics", cpu: 7, disk: 99 });
  await runOn([own, foreign], "disk", "failed");
  const hosts = [own.id, foreign.id, mover.id, other.id];
  const { body } = await admin.post("/api/dispatch/pipeline", { pipeline: "both", hosts });
  await workOff(own, "succeeded");
  await workOff(foreign, "failed");
  await workOff(mover, "succeeded");
  for (let rounds = 0; rounds < 3; rounds += 1) await pass(1_000, [own, foreign, other, mover]);
  await pass(60_000, [own]);
  await pass(60_000, [own]);
  await foreign.hello();
  await admin.call("PATCH", `/api/hosts/${foreign.id}`, { name: "strange name", location: "strange place" });
  await admin.post("/api/silences", { hosts: [foreign.id], until: "2031-01-01T00:00:00.000Z", reason: "strange work" });
  await tagHost(admin, mover.id, ["team:strange"]);
  for (const follower of followers) await level(follower, "after the move");
  const hidden = followers.map(({ messages }) => messages.length);
  await mover.hello([]);
  await mover.hello();
  await tagHost(admin, mover.id, ["team:strange", "more"]);
  await runOn([mover], "uptime", "failed");
  await admin.call("DELETE", `/api/hosts/${other.id}`);
  await pass(1_000, [own]);
  for (const follower of followers) await level(follower, "at the end");

  expect([...fleet.manager.state.catalogueFiles.values()].flatMap(({ problems }) => problems)).toEqual([]);
  const fired = [...fleet.manager.state.alerts.values()].filter(({ message }) => SECRET.test(message));
  expect(new Set(fired.map(({ rule }) => rule))).toEqual(new Set(["lost", "full", "runs"]));
  const [first] = followers;
  expect(first?.messages.some((text) => text.includes(commands[0] ?? ""))).toBe(true);
  for (const { messages } of followers)
    for (const part of [/"pipeline":\{/, /"alert":\{/, /"event":\{/])
      expect([part, messages.some((text) => part.test(text))]).toEqual([part, true]);
  for (const { messages } of followers) expect(messages.filter((text) => SECRET.test(text))).toEqual([]);
  for (const [index, { messages }] of followers.entries())
    expect(messages.slice(hidden[index]).filter((text) => text.includes("mover"))).toEqual([]);
  const pipelineId = String(body.pipelineId);
  const names = [foreign.id, commands[1] ?? "", pipelineId, own.id, commands[0] ?? ""];
  for (const { method, path, allow, byEngine, wholeFleet } of fleet.app.routes) {
    if (method !== "GET" || allow === "anyone" || byEngine === true || wholeFleet === true) continue;
    for (const id of path.includes(":id") ? names : [""]) {
      const target = path.replace(":id", id).replace(/:\w+/g, "x").replace("*", "");
      const answers = [
        await ann.get(target),
        await send(fleet.address, "GET", target, { headers: { authorization: `Bearer ${token}` } }),
      ];
      for (const { text } of answers) expect([target, text.replaceAll(id, "").match(SECRET)]).toEqual([target, null]);
    }
  }
  for (const { socket } of followers) socket.terminate();
});
