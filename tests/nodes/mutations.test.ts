/** Pages mutate the same cards at three nodes on one PostgreSQL, and the writer is killed amid it. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { ended } from "@neverstale/base/test-processes";
import { type MutationOutcome, nodeEnvironment, StateSync } from "@neverstale/client";
import { mutations } from "@neverstale/client/mutations";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { freePort, startTestServer, type TestServer } from "../../packages/store-postgres/src/io/test-server-suite.ts";
import { addCard, type Cards, type CardsFacts, countUp } from "./cards-node.ts";
import { until } from "./node-fleet.ts";

const PROGRAM = fileURLToPath(new URL("cards-node.ts", import.meta.url));
const PAGES_AT_A_NODE = 2;
const MUTATIONS_OF_A_PAGE = 60;

let database: TestServer;
const nodes: CardsNode[] = [];
const pages: StateSync<Cards>[] = [];

beforeAll(async () => {
  database = await startTestServer();
  for (let count = 0; count < 3; count += 1) nodes.push(new CardsNode(await freePort()));
  for (const node of nodes) await node.start();
});
afterAll(async () => {
  for (const page of pages) page.stop();
  await Promise.all(nodes.map((node) => node.kill()));
  await database?.end();
});

class CardsNode {
  readonly port: number;
  #child: ChildProcess | null = null;

  constructor(port: number) {
    this.port = port;
  }

  async start(): Promise<void> {
    const args = ["--conditions=source", PROGRAM, database.url(), `${this.port}`];
    this.#child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    if (this.#child.stdout !== null) await once(this.#child.stdout, "data");
  }

  async facts(): Promise<CardsFacts> {
    return (await (await fetch(`http://127.0.0.1:${this.port}/facts`)).json()) as CardsFacts;
  }

  page(): StateSync<Cards> {
    const io = nodeEnvironment({ WebSocket });
    const page = new StateSync<Cards>({ url: `http://127.0.0.1:${this.port}/sync`, io, mutations: mutations() });
    pages.push(page);
    return page;
  }

  async kill(): Promise<void> {
    await ended(this.#child, "SIGKILL");
  }
}

async function nodeIn(role: string): Promise<CardsNode> {
  for (const node of nodes) if ((await node.facts().catch(() => null))?.role === role) return node;
  throw new Error(`no node is a ${role}`);
}

test("[W1] [U7] [U9] [P13] [P14] the writer is killed while pages mutate at three nodes: each mutation is in the state once, and all are level", async () => {
  await until("the nodes are linked", async () => {
    const all = await Promise.all(nodes.map((node) => node.facts()));
    return all.every(({ metrics }) => metrics.node_links_out === 2);
  });
  const all = nodes.flatMap((node) => Array.from({ length: PAGES_AT_A_NODE }, () => node.page()));
  for (const page of all) await until("the page is live", () => page.status.type === "live");
  const added = await all[0]?.mutate(addCard, { title: "of all" });
  if (added?.type !== "done") throw new Error("the card was not added");
  const { id } = added.answer;
  for (const page of all) await page.reached(added.position);

  let settled = 0;
  const outcomes: Promise<MutationOutcome>[] = [];
  const making = all.map(async (page, at) => {
    for (let n = 1; n <= MUTATIONS_OF_A_PAGE; n += 1) {
      const asked = n % 3 === 0 ? page.mutate(addCard, { title: `${n} of ${at}` }) : page.mutate(countUp, { id });
      outcomes.push(asked);
      void asked.then(() => {
        settled += 1;
      });
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  });
  const third = (all.length * MUTATIONS_OF_A_PAGE) / 3;
  await until("a third of the mutations have an outcome", () => settled >= third);
  const killed = await nodeIn("writer");
  const before = await (await nodeIn("follower")).facts();
  await killed.kill();
  const settledAtKill = settled;
  await until("another node is the writer", () => nodeIn("writer").then(Boolean, () => false));
  await killed.start();
  await Promise.all(making);
  const types = (await Promise.all(outcomes)).map(({ type }) => type);

  expect(before.metrics.node_forwarded_total).toBeGreaterThan(0);
  expect(settledAtKill).toBeLessThan(types.length);
  expect(types.filter((type) => type !== "done")).toEqual([]);
  await until("nothing is pending", () => all.every(({ pending }) => pending.length === 0));
  await until("all are level", async () => {
    const digests = [
      ...all.map((page) => page.digest()),
      ...(await Promise.all(nodes.map((node) => node.facts()))).map(({ digest }) => digest),
    ];
    return new Set(digests).size === 1;
  });
  const [page] = all;
  const counts = (all.length * MUTATIONS_OF_A_PAGE * 2) / 3;
  expect(page?.state.cards.get(id)?.count).toBe(counts);
  const titles = page?.list("cards").map(({ title }) => title) ?? [];
  expect(titles).toHaveLength(1 + (all.length * MUTATIONS_OF_A_PAGE) / 3);
  expect(new Set(titles).size).toBe(titles.length);
});
