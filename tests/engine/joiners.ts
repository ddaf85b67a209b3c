/** `node --conditions=source tests/engine/joiners.ts URL COUNT`: joins at once, prints each digest on a line when level. */
import { nodeEnvironment, StateSync } from "@neverstale/client";
import { WebSocket } from "ws";

const [url = "", count = "0"] = process.argv.slice(2);
const clients = Array.from({ length: Number(count) }, () => new StateSync({ url, io: nodeEnvironment({ WebSocket }) }));
const live = () => clients.filter((client) => client.status.type === "live").length;
while (live() < clients.length) await new Promise((resolve) => setTimeout(resolve, 50));
console.log("all live");
process.stdin.once("data", async () => {
  const versions = new Set<number>();
  do {
    await new Promise((resolve) => setTimeout(resolve, 50));
    versions.clear();
    for (const client of clients) versions.add(client.version);
  } while (versions.size > 1 || live() < clients.length);
  console.log(JSON.stringify([...new Set(clients.map((client) => `${client.version} ${client.digest()}`))]));
  process.exit(0);
});
