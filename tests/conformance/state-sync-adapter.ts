/** The conformance kit drives our client: it follows NEVERSTALE_URL, and prints a line each time that what it shows changes. */

import { flushCompileCache } from "node:module";
import { nodeEnvironment, StateSync } from "@neverstale/client";
import type { AnyState } from "@neverstale/protocol";
import { WebSocket } from "ws";

const url = process.env.NEVERSTALE_URL;
if (url === undefined) throw new Error("NEVERSTALE_URL is not set");

const sync = new StateSync<AnyState>({ url, io: nodeEnvironment({ WebSocket }) });
let last = "";
sync.subscribe(() => {
  const collections = Object.fromEntries(Object.keys(sync.state).map((name) => [name, sync.list(name)]));
  const line = JSON.stringify({ version: sync.version, state: collections });
  if (line === last) return;
  last = line;
  console.log(line);
});
// Without a connection nothing else may keep the process alive: after a 4401 the client waits for a sign-in.
setInterval(() => {}, 60_000);
flushCompileCache(); // It is killed at its end, and the next one shall start faster.
