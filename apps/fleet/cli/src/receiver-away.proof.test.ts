import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Delivery, NotificationsAnswer } from "@neverstale/fleet-domain";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually, FleetProcess, SHOUT_YAML } from "./fleet-process-suite.ts";

/** The receiver is away for so long, by the clock on the wall. */
const AWAY_MS = 600_000;
const BETWEEN_MS = 30_000;
/** One that has failed often is tried again after five minutes at the latest. */
const BACK_AT_LATEST_MS = 330_000;
const SECRET = `whsec_${randomBytes(32).toString("base64")}`;

let fleet: FleetProcess;
let receiver: Server | null = null;
const answered: string[] = [];

beforeAll(async () => {
  fleet = new FleetProcess(SHOUT_YAML);
});
afterAll(async () => {
  await new Promise<void>((resolve) => (receiver === null ? resolve() : receiver.close(() => resolve())));
  await fleet.dispose();
}, 60_000);

async function listen(port: number): Promise<number> {
  const server = createServer((request, response) => {
    answered.push(String(request.headers["webhook-id"]));
    request.resume();
    response.writeHead(204, { connection: "close" }).end();
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  receiver = server;
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

test("a receiver is away for ten minutes, and the server is killed twice within them: all of it arrives in order, and nothing that was answered comes again", async () => {
  const port = await listen(0);
  await fleet.start();
  writeFileSync(join(fleet.dataDir, "hook.secret"), SECRET, { mode: 0o600 });
  writeFileSync(
    join(fleet.dataDir, "fleet.yaml"),
    `alerts: { shouts: { when: command_failed, ops: [shout] } }\nnotify: { hook: { webhook: "http://127.0.0.1:${port}", secret_file: hook.secret } }\n`,
  );
  await fleet.killServer();
  await fleet.start();
  const session = await fleet.session();
  await session.postJson("/api/notifications/hook/test", {});
  await eventually(() => answered.length === 1);
  await new Promise<void>((resolve) => receiver?.close(() => resolve()));

  const since = performance.now();
  for (let round = 0; performance.now() - since < AWAY_MS; round += 1) {
    // It fails, and does not: an alert fires, and is resolved.
    await fleet.end(await fleet.dispatch("shout", { name: round % 2 === 0 ? "nobody" : "ann" }));
    if (round === 4 || round === 11) {
      await fleet.killServer();
      await delay(5_000);
      await fleet.start();
    }
    await delay(BETWEEN_MS);
  }
  const made = await deliveries();
  const back = performance.now();
  await listen(port);
  await expect.poll(async () => pending(await deliveries()), { timeout: BACK_AT_LATEST_MS, interval: 1_000 }).toBe(0);
  const seconds = Math.round((performance.now() - back) / 1_000);
  await fleet.killServer();
  await fleet.start();
  await delay(60_000);

  const all = await deliveries();
  console.log(`${made.length} notifications, all there ${seconds} s after the receiver was back`);
  expect(made.length).toBeGreaterThan(15);
  expect(answered).toEqual(all.map(({ id }) => id));
}, 1_500_000);

async function deliveries(): Promise<Delivery[]> {
  const answer = await (await fleet.session()).getJson("/api/notifications?limit=500");
  return [...NotificationsAnswer.parse(answer).deliveries].sort((a, b) => a.number - b.number);
}

function pending(all: readonly Delivery[]): number {
  return all.filter(({ status }) => status === "pending").length;
}
