import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, test } from "vitest";

/** What such a program prints, and how it ends: a timer or a socket that is left over would keep it from that. */
async function run(program: string, ...flags: string[]): Promise<readonly [printed: string, code: number | null]> {
  const given = [...flags, "--conditions=source", "--input-type=module", "--eval", PROGRAM + program];
  const child = spawn(process.execPath, given, { cwd: import.meta.dirname, stdio: ["ignore", "pipe", "inherit"] });
  let printed = "";
  child.stdout.on("data", (text) => {
    printed += text;
  });
  const [code] = (await once(child, "close")) as [number | null];
  return [printed.trim(), code];
}

const PROGRAM = `
import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:net";
import { collection, defineModel, put } from "@neverstale/protocol";
import { memoryStore, StateManager, serveSync } from "@neverstale/server";

const model = defineModel({ model: 1, collections: { hosts: collection(null) }, changes: { host_added: put("hosts") } });
const manager = await StateManager.open({ model, store: memoryStore() });
const http = createServer();
await once(http.listen(0, "127.0.0.1"), "listening");
const endpoint = serveSync(http, { manager });
await manager.apply({ type: "host_added", target: "web-1", data: {} });

async function follower() {
  const socket = connect(http.address().port, "127.0.0.1");
  socket.write("GET /sync HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\n" +
    "Sec-WebSocket-Version: 13\\r\\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\\r\\n\\r\\n");
  await once(socket, "data");
  socket.resume();
  return socket;
}
`;

describe("a program ends when its authority is closed", () => {
  test("without a word to the endpoint, and with a follower that answers no close frame", async () => {
    const program = `
      await follower();
      http.close();
      await manager.close();
      console.log("closed");
    `;

    expect(await run(program)).toEqual(["closed", 0]);
  });

  test.each([
    ["first", "await endpoint.close(); await manager.close(); await endpoint.close();"],
    ["last", "await manager.close(); await endpoint.close(); await manager.close();"],
    ["meanwhile", "await Promise.all([manager.close(), endpoint.close()]);"],
  ])("with the endpoint closed %s, also twice", async (_, closing) => {
    expect(await run(`await follower(); http.close(); ${closing} console.log("closed");`)).toEqual(["closed", 0]);
  });
});

describe("where there is no SQLite", () => {
  const WITHOUT = ["--no-experimental-sqlite"];

  test("the package can be imported, and keeps a state in memory", async () => {
    const program = `
      console.log(manager.version);
      http.close();
      await manager.close();
    `;

    expect(await run(program, ...WITHOUT)).toEqual(["1", 0]);
  });
});
