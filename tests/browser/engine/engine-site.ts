/** The site of an engine alone: a server with its state, and a page that follows it and does nothing else. */

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { memoryStore, StateManager, type SyncEndpoint, serveMutations, serveSync } from "@neverstale/server";
import type { BrowserContext, Page } from "playwright-core";
import { rolldown } from "rolldown";
import { hostModel as model, noteHost } from "./host-model.ts";

export class EngineSite {
  manager: StateManager<typeof model>;
  endpoint: SyncEndpoint;
  readonly #server: Server;
  readonly #store: ReturnType<typeof memoryStore>;
  /** So many sockets are open, as the server counts them. */
  readonly sockets = new Set<Socket>();
  /** Nobody has a session any more. */
  isSignedOut = false;

  private constructor(manager: StateManager<typeof model>, store: ReturnType<typeof memoryStore>, server: Server) {
    this.manager = manager;
    this.#store = store;
    this.#server = server;
    server.on("upgrade", (_, socket: Socket) => {
      this.sockets.add(socket);
      socket.on("close", () => this.sockets.delete(socket));
    });
    this.endpoint = this.#serve();
  }

  #serve(): SyncEndpoint {
    return serveSync(this.#server, {
      manager: this.manager,
      allowedOrigins: () => null, // Tests reach it through proxies of their own.
      authorize: () =>
        this.isSignedOut
          ? { refuse: 401, code: "not_signed_in", message: "nobody is signed in" }
          : { space: "main", subject: "ann" },
      beaconMs: 2_000,
    });
  }

  /** What decides ends and begins anew on what is stored, in an epoch of its own. */
  async restart(): Promise<void> {
    await this.manager.close();
    this.manager = await StateManager.open({ model, store: this.#store, mutations: [noteHost] });
    this.endpoint = this.#serve();
  }

  static async open(): Promise<EngineSite> {
    const store = memoryStore();
    const manager = await StateManager.open({ model, store, mutations: [noteHost] });
    const script = await bundled();
    const server: Server = createServer((request, response) => {
      const { url = "" } = request;
      if (url.startsWith("/mutations")) return void site.mutate(request, response);
      const isScript = url.startsWith("/page.js");
      response.writeHead(200, {
        "content-type": isScript ? "text/javascript" : "text/html",
        "cache-control": isScript ? "max-age=3600" : "no-store",
      });
      response.end(isScript ? script : PAGE);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const site = new EngineSite(manager, store, server);
    return site;
  }

  /** A page says by the address that it posts to whose it is. */
  mutate(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const user = new URL(request.url ?? "", this.address).searchParams.get("user") ?? "ann";
    const { manager } = this;
    const authorize = () =>
      this.isSignedOut ? ({ refuse: 401, code: "not_signed_in", message: "nobody is signed in" } as const) : { user };
    return serveMutations({ manager, authorize })(request, response);
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  get address(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Each host is as large as one of the fleet. */
  async fill(hosts: number): Promise<void> {
    for (let first = 0; first < hosts; first += 500) {
      const numbers = Array.from({ length: Math.min(500, hosts - first) }, (_, at) => first + at);
      await this.manager.transact(() =>
        numbers.map(
          (n) => ({ type: "host_put", target: `web-${n}`, data: { cpu: n % 100, note: noteOf(n) } }) as const,
        ),
      );
    }
  }

  async put(id: string, cpu: number): Promise<void> {
    await this.manager.apply({ type: "host_put", target: id, data: { cpu } });
  }

  /** The session ends: whoever follows is sent away with this code. */
  end(code: 4401 | 4403): void {
    this.isSignedOut = code === 4401;
    this.endpoint.revoke(() => code);
  }

  async close(): Promise<void> {
    await this.manager.close();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

const PAGE =
  '<!doctype html><meta charset="utf-8"><title>hosts</title><body><script type="module" src="/page.js"></script>';

async function bundled(): Promise<string> {
  const bundle = await rolldown({
    input: fileURLToPath(new URL("./page.ts", import.meta.url)),
    platform: "browser",
    resolve: { conditionNames: ["source", "browser", "import", "default"] },
    transform: { define: { "process.env.NODE_ENV": '"production"' } },
  });
  const { output } = await bundle.generate({ format: "esm", minify: true });
  await bundle.close();
  return output[0].code;
}

/** It looks random, as names and addresses do, so that it can't be packed into nothing. */
function noteOf(n: number): string {
  let seed = n + 1;
  return Array.from({ length: 12 }, () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed.toString(36);
  }).join("-");
}

/** A page of the site, as the test reads it. */
export class EnginePage {
  readonly page: Page;
  /** The full states that came over its own sockets. */
  fullStates = 0;

  private constructor(page: Page) {
    this.page = page;
    page.on("websocket", (socket) => {
      socket.on("framereceived", ({ payload }) => {
        if (typeof payload === "string" && /^\{"type":"(init|full_state)"/.test(payload)) this.fullStates += 1;
      });
    });
  }

  static async open(context: BrowserContext, address: string, search = "?user=ann"): Promise<EnginePage> {
    const page = new EnginePage(await context.newPage());
    await page.page.goto(`${address}/${search}`);
    return page;
  }

  async until(text: string): Promise<void> {
    await this.page.getByText(text, { exact: true }).waitFor();
  }

  async facts(): Promise<{ paintedMs: number | null; paintedWhile: string | null }> {
    return this.page.evaluate(() => {
      const { paintedMs, paintedWhile } = Reflect.get(window, "facts");
      return { paintedMs, paintedWhile };
    });
  }

  /** The page asks for it, and does not wait. */
  async note(...texts: string[]): Promise<void> {
    await this.page.evaluate((all) => {
      for (const text of all) Reflect.get(window, "facts").note(text);
    }, texts);
  }

  /** It waits until the page shows this note, while so many mutations are pending and kept. */
  async untilNoted(note: string, pending: number): Promise<void> {
    const wanted = [note, pending];
    await this.page.waitForFunction(([text, count]) => {
      const { sync } = Reflect.get(window, "facts");
      const kept = sync.pending.filter(({ isKept }: { isKept: boolean }) => isKept).length;
      return kept === count && sync.pending.length === count && (sync.state.hosts.get("noted")?.note ?? "") === text;
    }, wanted);
  }

  /** The page was told this of what was asked for before it was loaded. */
  async told(): Promise<readonly string[]> {
    return this.page.evaluate(() => Reflect.get(window, "facts").told);
  }

  /** So many replicas are kept in this browser, with so many texts. */
  async kept(): Promise<{ replicas: number; texts: number }> {
    return this.page.evaluate(countKept);
  }

  async untilKept(replicas: number): Promise<void> {
    while ((await this.kept()).replicas !== replicas) await this.page.waitForTimeout(100);
  }
}

/** This runs in the page. */
function countKept(): Promise<{ replicas: number; texts: number }> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("neverstale");
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const database = opening.result;
      const transaction = database.transaction(["metas", "records"]);
      const metas = transaction.objectStore("metas").count();
      const records = transaction.objectStore("records").count();
      transaction.oncomplete = () => {
        database.close();
        resolve({ replicas: metas.result, texts: records.result });
      };
    };
  });
}
