import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { ended, removeWithProcesses } from "@neverstale/base/test-processes";
import { browserEnvironment, StateSync } from "@neverstale/client";
import { collection, defineModel, put, type StateOf } from "@neverstale/protocol";
import { memoryDatabase, memoryStore, StateManager, serveHttp, serveSync } from "@neverstale/server";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freePort, installed } from "../../packages/store-postgres/src/io/test-server-suite.ts";
import { isExecutable } from "../browser/chromium.ts";

const model = defineModel({
  model: 1,
  collections: { cards: collection<{ id: string; title: string }>() },
  changes: { card_added: put("cards") },
});
const database = memoryDatabase();

let folder: string;
let caddy: ChildProcess | null = null;
let proxyPort: number;
let serverPort: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "neverstale-caddy-"));
  [proxyPort, serverPort] = [await freePort(), await freePort()];
  const source = readFileSync(join(import.meta.dirname, "../../deploy/Caddyfile"), "utf8");
  const filled = source
    .replace("board.example.org", `http://127.0.0.1:${proxyPort}`)
    .replace("127.0.0.1:3000", `127.0.0.1:${serverPort}`);
  const config = join(folder, "Caddyfile");
  writeFileSync(config, `{\n\tadmin off\n}\n${filled}`);
  const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  caddy = spawn(findCaddy(), ["run", "--adapter", "caddyfile", "--config", config], { env, stdio: "ignore" });
  const answers = () =>
    fetch(`http://127.0.0.1:${proxyPort}`).then(
      ({ status }) => status,
      () => null,
    );
  await expect.poll(answers).toBe(502);
});
afterEach(async () => {
  await ended(caddy);
  await removeWithProcesses(folder);
});

/** As for nginx: where there is none it is installed, since a test behind a real proxy is never skipped. */
function findCaddy(): string {
  const found = installedCaddy() ?? (installed("caddy") ? installedCaddy() : undefined);
  if (found === undefined) throw new Error("the proof needs Caddy: sudo apt-get install caddy, or your system's way");
  return found;
}

function installedCaddy(): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((path) => path !== "");
  return folders.map((path) => join(path, "caddy")).find(isExecutable);
}

async function startServer() {
  const manager = await StateManager.open({ model, store: memoryStore({ database }) });
  const endpoint = serveHttp({ manager });
  const server = createServer((request, response) => {
    if (!endpoint.handle(request, response)) response.writeHead(404).end();
  }).listen(serverPort, "127.0.0.1");
  await once(server, "listening");
  const sync = serveSync(server, { manager });
  const end = async () => {
    await manager.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { manager, sync, end };
}

test.each([
  { way: "websocket", hasSocket: true },
  { way: "stream", hasSocket: false },
])(
  "[A4] [H9] behind the Caddy of deploy/Caddyfile a page follows by $way, and resumes after a restart",
  async ({ way, hasSocket }) => {
    const first = await startServer();
    const io = browserEnvironment();
    const closedAtOnce: typeof io.openSocket = (_url, _protocols, events) => {
      queueMicrotask(() => events.closed(1006));
      return { send: () => {}, close: () => {} };
    };
    const sync = new StateSync<StateOf<typeof model>>({
      url: `ws://127.0.0.1:${proxyPort}/sync`,
      io: hasSocket ? io : { ...io, openSocket: closedAtOnce },
    });
    await expect.poll(() => [sync.status.type, sync.view.way]).toEqual(["live", way]);
    await first.manager.apply({ type: "card_added", target: `a ${way}`, data: { title: "a" } });
    await expect.poll(() => sync.state.cards.has(`a ${way}`)).toBe(true);

    await first.end();
    const second = await startServer();
    await second.manager.apply({ type: "card_added", target: `b ${way}`, data: { title: "b" } });
    await expect.poll(() => [sync.status.type, sync.state.cards.has(`b ${way}`)]).toEqual(["live", true]);

    expect(sync.digest()).toBe(second.manager.space("main")?.digest());
    sync.stop();
    await second.end();
  },
);
