import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NodeFleet, until } from "./node-fleet.ts";
import type { NodeProcess } from "./node-process.ts";
import { Person } from "./person.ts";

const script = (text: string) => ({ argv: [process.execPath, "-e", text], timeout: "60s", kill_grace: "1s" });

/** Each stage of the pipeline takes long enough for the writer to die amid it. */
const STAGE = script("setTimeout(() => console.log('done'), 700)");
const OPS = {
  uptime: STAGE,
  disk: STAGE,
  memory: STAGE,
  count: script("for (let line = 1; line <= 1000; line += 1) console.log('line ' + line)"),
  sleep: script("console.log('sleeping'); setInterval(() => {}, 1000)"),
};
const COUNTED = Array.from({ length: 1000 }, (_, index) => `line ${index + 1}\n`).join("");

let fleet: NodeFleet;
let first: NodeProcess;
let second: NodeProcess;
let third: NodeProcess;
let person: Person;
let host = "";

beforeAll(async () => {
  fleet = await NodeFleet.start();
  first = fleet.add("--no-local-agent");
  second = fleet.add("--no-local-agent");
  third = fleet.add();
  third.allowOps(OPS);
  await first.start();
  await Promise.all([second.start(), third.start()]);
  person = await Person.signIn(second);
});
afterAll(() => fleet?.dispose());

function standingOf(nodes: readonly NodeProcess[]) {
  return Promise.all(nodes.map((node) => node.readiness()));
}

async function commandAt(node: NodeProcess, id: string) {
  const { commands = [] } = await person.state(node);
  return (commands as { id: string; status: string }[]).find((command) => command.id === id);
}

async function dispatchedAt(node: NodeProcess, op: string): Promise<string> {
  const { status, text, body } = await person.call(node, "POST", "/api/dispatch", { op, hosts: [host] });
  if (status !== 202) throw new Error(text);
  return body.commands[0].id;
}

describe("the fleet on three nodes", () => {
  test("[T7] one node is the writer, and each says how it stands to the others", async () => {
    expect(await fleet.writer()).toBe(first);
    await until("all are ready", async () => (await standingOf(fleet.nodes)).every(({ http }) => http === 200));

    const standing = await standingOf(fleet.nodes);
    const [writer, ...followers] = await Promise.all(fleet.nodes.map((node) => node.metrics()));

    expect(standing.map(({ http, status, role }) => ({ http, status, role }))).toEqual([
      { http: 200, status: "ready", role: "writer" },
      { http: 200, status: "ready", role: "follower" },
      { http: 200, status: "ready", role: "follower" },
    ]);
    expect(new Set(standing.map(({ term }) => term)).size).toBe(1);
    for (const { lag, confirmationAge } of standing) {
      expect(lag).toBe(0);
      expect(confirmationAge).toBeGreaterThanOrEqual(0);
    }
    expect(writer?.get("neverstale_node_is_writer")).toBe(1);
    for (const metrics of followers) expect(metrics.get("neverstale_node_is_writer")).toBe(0);
    expect(await (await fetch(`${second.address}/metrics`)).text()).toContain(
      `neverstale_node_term{epoch="${standing[0]?.term}"} 1`,
    );
  });

  test("[W1] a session that began at one node is good at the others, and an agent of a third node is seen everywhere", async () => {
    for (const node of fleet.nodes) expect((await person.get(node, "/api/session")).status).toBe(200);
    await until("the host is online at each node", async () => {
      const states = await Promise.all(fleet.nodes.map((node) => person.state(node)));
      const online = states.map(({ hosts = [] }) => hosts.find((one: { online: boolean }) => one.online));
      host = online[0]?.id ?? "";
      return online.every((one) => one?.id === host && one.ops?.length > 0);
    });
  });

  test("[W1] a dispatch at one node runs at the agent of another, and its output is whole at a third", async () => {
    const id = await dispatchedAt(second, "count");
    await until("it has ended", async () => (await commandAt(first, id))?.status === "succeeded");

    for (const node of fleet.nodes) {
      await until("the node knows the end", async () => (await commandAt(node, id))?.status === "succeeded");
      expect((await person.get(node, `/api/commands/${id}/output?format=plain`)).text).toBe(COUNTED);
    }
  });

  test("[W1] a command that was dispatched at one node is cancelled at another", async () => {
    const id = await dispatchedAt(third, "sleep");
    await until("it runs", async () => (await commandAt(second, id))?.status === "running");

    expect((await person.call(second, "POST", `/api/commands/${id}/cancel`)).status).toBe(202);

    await until("it is cancelled", async () => (await commandAt(first, id))?.status === "cancelled");
  });

  test("[D1] a repeat at another node gets the first answer", async () => {
    const body = { op: "count", hosts: [host] };
    const key = { "idempotency-key": "the-key-of-a-repeat" };
    const once = await person.call(second, "POST", "/api/dispatch", body, key);
    const again = await person.call(third, "POST", "/api/dispatch", body, key);

    expect(once.status).toBe(202);
    expect(again.body).toEqual(once.body);
  });

  test("[D1] [W1] a mutation that is asked for by its name at any node is decided by the writer, and once", async () => {
    const body = { args: { op: "count", hosts: [host] } };
    const key = { "idempotency-key": "the-key-of-a-mutation" };
    const once = await person.call(second, "POST", "/api/mutations/dispatch_op", body, key);
    const again = await person.call(third, "POST", "/api/mutations/dispatch_op", body, key);

    expect(once.status).toBe(200);
    expect(again.body).toEqual(once.body);
  });

  test("[C11] a sign-out at one node closes the session's sockets at all, before it is answered, and no node takes it again", async () => {
    const other = await Person.signIn(third);
    const sockets = await Promise.all(fleet.nodes.map((node) => other.socket(node)));
    const closed = sockets.map(
      (socket) => new Promise<number>((resolve) => socket.once("close", (code: number) => resolve(code))),
    );

    const { status } = await other.call(second, "POST", "/api/logout");
    const after = await Promise.all(fleet.nodes.map((node) => other.get(node, "/api/session")));

    expect(status).toBe(204);
    expect(after.map((answer) => answer.status)).toEqual([401, 401, 401]);
    expect(await Promise.all(closed)).toEqual([4401, 4401, 4401]);
  });

  test("[C9] only another node is believed where a request comes from: a forged token counts for nothing", async () => {
    const forged = {
      "x-neverstale-node-token": "forged",
      "x-neverstale-client-address": "203.0.113.7",
      origin: "https://evil.example",
    };
    const foreign = await person.call(first, "POST", "/api/dispatch", { op: "count", hosts: [host] }, forged);
    const link = await fetch(`${first.address}/node`, { headers: { "x-neverstale-node-token": "forged" } });

    expect(foreign).toMatchObject({ status: 403, body: { code: "origin_refused" } });
    expect(link.status).toBe(404);
    await until("what was refused is in the log", () => first.log.includes("origin_refused"));
    expect(first.log).not.toContain("203.0.113.7");
  });

  test("[T7] a pipeline goes on when the writer is killed amid it, and each of its commands runs once", async () => {
    const { body } = await person.call(third, "POST", "/api/dispatch/pipeline", { pipeline: "health", hosts: [host] });
    const stages = async (node: NodeProcess) =>
      ((await person.state(node)).commands ?? []).filter(
        (command: { pipelineId?: string }) => command.pipelineId === body.pipelineId,
      ) as { status: string; attempt?: number }[];
    await until("its first stage runs", async () => (await stages(second)).some(({ status }) => status === "running"));

    await first.end("SIGKILL");

    await until("the pipeline has ended", async () => {
      const { pipelines = [] } = await person.state(second);
      const found = pipelines.find((one: { id: string; status: string }) => one.id === body.pipelineId);
      return found?.status !== "running";
    });
    expect((await stages(third)).map(({ status }) => status)).toEqual(["succeeded", "succeeded", "succeeded"]);
    const writer = await fleet.writer();
    expect(writer).not.toBe(first);
    expect((await writer.metrics()).get("neverstale_takeovers_total")).toBeGreaterThanOrEqual(1);
  });

  test("[T5] a node that is told to end hands over, the other one decides at once, and its clients are sent away", async () => {
    const writer = await fleet.writer();
    const [other] = fleet.others(writer);
    if (other === undefined) throw new Error("there is no other node");
    const sockets = await Promise.all(Array.from({ length: 10 }, () => person.socket(writer)));
    const closed = sockets.map((socket) => new Promise((resolve) => socket.once("close", resolve)));
    const newcomer = Promise.race(closed).then(() => fetch(`${writer.address}/readyz`));
    newcomer.catch(() => {});

    const ending = writer.end("SIGTERM");
    await until("the other one decides", async () => (await other.readiness()).role === "writer");

    expect(new Set(await Promise.all(closed))).toEqual(new Set([1012]));
    await expect(newcomer).rejects.toThrow();
    expect(await ending).toBe(0);
    expect((await person.call(other, "POST", "/api/dispatch", { op: "count", hosts: [host] })).status).toBe(202);
  });
});
