/** The conformance kit drives the seed's own client as a page had it: its socket opens again a second after it closes. */

import { flushCompileCache } from "node:module";
import { WebSocket } from "ws";
import { StateSync } from "../../examples/seed-client.ts";

const url = process.env.NEVERSTALE_URL;
if (url === undefined) throw new Error("NEVERSTALE_URL is not set");

let socket: WebSocket;
const sync = new StateSync({ send: (text) => socket.send(text) }, () =>
  console.log(JSON.stringify({ version: sync.version, state: sync.state })),
);
connect(url);
flushCompileCache(); // It is killed at its end, and the next one shall start faster.

function connect(to: string): void {
  socket = new WebSocket(to);
  socket.on("message", (data) => sync.handleMessage({ data: String(data) }));
  socket.on("error", () => {});
  socket.on("close", () => setTimeout(connect, 1_000, to));
}
