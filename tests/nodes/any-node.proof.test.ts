import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AgentProcess } from "./agent-process.ts";
import { type Nginx, startNginx } from "./nginx.ts";
import { NodeFleet, until } from "./node-fleet.ts";
import type { NodeProcess } from "./node-process.ts";
import { Person, type Place } from "./person.ts";

/** Each run is noted in a file, so that nothing can have run twice unseen. */
const noted = (program: string) => `
require("node:fs").appendFileSync(process.env.RUNS, process.env.NEVERSTALE_COMMAND_ID + "\\n");
${program}`;

/** It writes for eight seconds, so that a node can die and another one decide amid it. */
const WRITE = noted(`
let line = 0;
const timer = setInterval(() => {
  line += 1;
  console.log("line " + line);
  if (line === 80) clearInterval(timer);
}, 100);`);
const WRITTEN = Array.from({ length: 80 }, (_, index) => `line ${index + 1}\n`).join("");
const GREET = noted(`console.log("hello")`);
const SLEEP = noted(`console.log("sleeping"); setInterval(() => {}, 1000)`);

let fleet: NodeFleet;
let nginx: Nginx;
let person: Person;
/** An agent goes to nginx, and so to any node. */
let roaming: AgentProcess;
let roamingHost = "";
/** The hosts of the agents that the nodes have started, in the order of the nodes. */
const hostOf = new Map<NodeProcess, string>();

function opsNotedIn(runs: string) {
  const op = (program: string) => ({
    argv: [process.execPath, "-e", program],
    env: { RUNS: runs },
    timeout: "120s",
    kill_grace: "1s",
  });
  return { write: op(WRITE), greet: op(GREET), sleep: op(SLEEP) };
}

function runsFile(): string {
  return join(fleet.nodes[0]?.directory ?? "", "runs");
}

async function onlineHosts(place: Place): Promise<string[]> {
  const { hosts = [] } = await person.state(place);
  const known = hosts as { id: string; online: boolean; ops?: unknown[] }[];
  return known.filter(({ online, ops }) => online && (ops?.length ?? 0) > 0).map(({ id }) => id);
}

/** It waits until one more host is online, and returns it. */
async function nextHost(place: Place, known: readonly string[]): Promise<string> {
  let found: string | undefined;
  await until("another host is online", async () => {
    found = (await onlineHosts(place)).find((id) => !known.includes(id));
    return found !== undefined;
  });
  return found ?? "";
}

beforeAll(async () => {
  fleet = await NodeFleet.start();
  for (let count = 0; count < 3; count += 1) {
    const node = fleet.add();
    node.allowOps(opsNotedIn(runsFile()));
    await node.start();
    person ??= await Person.signIn(node);
    hostOf.set(node, await nextHost(node, [...hostOf.values()]));
  }
  nginx = await startNginx(fleet.nodes.map(({ address }) => address));
  const [first] = fleet.nodes as [NodeProcess];
  const { body } = await person.call(first, "POST", "/api/enrollment-tokens", { label: "roaming" });
  roaming = new AgentProcess(nginx.address, body.token, opsNotedIn(runsFile()));
  roamingHost = await nextHost(first, [...hostOf.values()]);
});
afterAll(async () => {
  await roaming?.dispose();
  await nginx?.end();
  await fleet?.dispose();
});

async function dispatchedAt(place: Place, op: string, host: string): Promise<string> {
  const key = { "idempotency-key": `${op}-${host}-${performance.now()}` };
  const { status, text, body } = await person.call(place, "POST", "/api/dispatch", { op, hosts: [host] }, key);
  if (status !== 202) throw new Error(text);
  return body.commands[0].id;
}

async function statusAt(place: Place, id: string): Promise<string | undefined> {
  const { commands = [] } = await person.state(place);
  return (commands as { id: string; status: string }[]).find((command) => command.id === id)?.status;
}

async function outputAt(place: Place, id: string): Promise<string> {
  return (await person.get(place, `/api/commands/${id}/output?format=plain`)).text;
}

/** It has ended so at every node that runs, and what it wrote is whole there. */
async function expectEverywhere(id: string, status: string, output: string): Promise<void> {
  for (const node of fleet.others()) {
    await until("the node knows the end", async () => !ONGOING.includes(await statusAt(node, id)));
    expect(await statusAt(node, id)).toBe(status);
    await until("its output is whole", async () => (await outputAt(node, id)) === output);
  }
  const runs = readFileSync(runsFile(), "utf8").split("\n");
  expect(runs.filter((run) => run === id)).toHaveLength(1);
}

const ONGOING: readonly (string | undefined)[] = [undefined, "pending", "running"];

describe("the fleet on three nodes behind nginx, with an agent at each and one that goes to any", () => {
  test("[W1] whatever node a dispatch comes to, it runs at the agent of whatever node, and its output is whole at all", async () => {
    for (const place of fleet.nodes)
      for (const host of [...hostOf.values(), roamingHost])
        await expectEverywhere(await dispatchedAt(place, "greet", host), "succeeded", "hello\n");
  });

  test("[W1] output is seen at any node while it is written", async () => {
    for (const node of fleet.nodes) {
      const [near] = fleet.others(node);
      const id = await dispatchedAt(near as NodeProcess, "write", hostOf.get(near as NodeProcess) ?? "");
      await until("a part of it is seen", async () => {
        const text = await outputAt(node, id);
        return text !== "" && WRITTEN.startsWith(text) && text.length < WRITTEN.length;
      });
      await expectEverywhere(id, "succeeded", WRITTEN);
    }
  });

  test("[W1] a command is cancelled at any node, whatever node its agent goes to", async () => {
    for (const node of fleet.nodes) {
      for (const host of [...hostOf.values(), roamingHost]) {
        const [near] = fleet.others(node) as [NodeProcess];
        const id = await dispatchedAt(near, "sleep", host);
        await until("it runs", async () => (await outputAt(node, id)) === "sleeping\n");

        expect((await person.call(node, "POST", `/api/commands/${id}/cancel`)).status).toBe(202);
        await expectEverywhere(id, "cancelled", "sleeping\n");
      }
    }
  });

  test("[T7] [W2] a cancellation that is asked for while no node decides is carried out by the next one that does", async () => {
    const writer = await fleet.writer();
    const [near, far] = fleet.others(writer) as [NodeProcess, NodeProcess];
    const id = await dispatchedAt(near, "sleep", hostOf.get(far) ?? "");
    await until("it runs", async () => (await outputAt(near, id)) === "sleeping\n");

    await writer.end("SIGKILL");
    const key = { "idempotency-key": `cancel-${id}` };
    await until("it is taken", async () => {
      const { status } = await person.call(near, "POST", `/api/commands/${id}/cancel`, undefined, key);
      return status === 202;
    });

    await expectEverywhere(id, "cancelled", "sleeping\n");
    await writer.start();
  });

  test("[N6] [W2] an agent whose node dies goes on at another one, and what it ran is whole and ran once", async () => {
    for (const node of fleet.nodes) {
      const [near] = fleet.others(node) as [NodeProcess];
      const id = await dispatchedAt(near, "write", roamingHost);
      await until("it writes", async () => (await outputAt(near, id)) !== "");

      await node.end("SIGKILL");

      await expectEverywhere(id, "succeeded", WRITTEN);
      await node.start();
      await until("its host is online at the node that died", async () => {
        return (await onlineHosts(node)).includes(roamingHost);
      });
    }
    expect(roaming.runs).toBe(true);
  });
});
