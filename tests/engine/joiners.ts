/**
 * The joiners are many clients that join at once. Once a version is written to their input, they print the digests that they have
 * there: `node --conditions=source tests/engine/joiners.ts URL COUNT`.
 */

import { nodeEnvironment, StateSync } from "@neverstale/client";
import { WebSocket } from "ws";

const [url = "", count = "0"] = process.argv.slice(2);
const clients = Array.from({ length: Number(count) }, () => new StateSync({ url, io: nodeEnvironment({ WebSocket }) }));
const live = () => clients.filter((client) => client.status.type === "live").length;
while (live() < clients.length) await new Promise((resolve) => setTimeout(resolve, 50));
console.log("all live");
process.stdin.once("data", async (line) => {
  const version = Number(line);
  while (live() < clients.length || clients.some((client) => client.version !== version))
    await new Promise((resolve) => setTimeout(resolve, 50));
  console.log(JSON.stringify([...new Set(clients.map((client) => `${client.version} ${client.digest()}`))]));
  process.exit(0);
});
