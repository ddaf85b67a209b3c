/** The stage with a real server of Node, for one behaviour. */

import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { type EffectPosition, type Environment, nodeEnvironment } from "@neverstale/client";
import type { InitialState } from "@neverstale/protocol";
import { memoryStore, StateManager, serveMutations, serveSync } from "@neverstale/server";
import { WebSocket } from "ws";
import { addCard, board, type Card } from "./board.ts";
import type { Stage } from "./stage.ts";

type Pages = (path: string, response: ServerResponse) => void;

/** Where the behaviour is played in a page, `pages` serves it. */
export async function openStage(framework: string, pages?: Pages): Promise<RealStage> {
  const manager = await StateManager.open({ model: board, store: memoryStore(), mutations: [addCard] });
  const http = createServer();
  const stage = new RealStage(framework, manager, http);
  http.on("request", (request, response) => void stage.answer(request, response, pages));
  await once(http.listen(0, "127.0.0.1"), "listening");
  return stage;
}

export class RealStage implements Stage {
  readonly io: Environment = nodeEnvironment({ WebSocket });
  readonly #framework: string;
  readonly #manager: StateManager<typeof board>;
  readonly #http: Server;
  readonly #mutations: ReturnType<typeof serveMutations>;
  #followers = 0;
  #isOpen = true;
  #held = Promise.resolve();
  #letGo = (): void => {};

  constructor(framework: string, manager: StateManager<typeof board>, http: Server) {
    this.#framework = framework;
    this.#manager = manager;
    this.#http = http;
    this.#mutations = serveMutations({ manager, authorize: () => ({ user: "ann" }) });
    serveSync(http, {
      manager,
      authorize: () => (this.#isOpen ? { space: "main", subject: "ann" } : CLOSED),
      onJoin: () => this.#followers++,
      onLeave: () => this.#followers--,
    });
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `${this.origin}/sync`;
  }

  async answer(request: IncomingMessage, response: ServerResponse, pages?: Pages): Promise<void> {
    if (request.method === "GET" && pages !== undefined) return pages(request.url ?? "/", response);
    if (request.url === "/touch") return void response.end(JSON.stringify(await this.put(TOUCHED)));
    await this.#held;
    this.#mutations(request, response);
  }

  async put({ id, ...data }: Card): Promise<EffectPosition> {
    return this.#manager.apply({ type: "card_put", target: id, data });
  }

  async remove(id: string): Promise<EffectPosition> {
    return this.#manager.apply({ type: "card_removed", target: id });
  }

  async moveAll(n: number): Promise<EffectPosition> {
    return this.#manager.transact(({ cards }) =>
      [...cards.keys()].map((target) => ({ type: "card_moved", target, data: { n } })),
    );
  }

  async initial(): Promise<InitialState> {
    return this.#manager.initialState();
  }

  async connections(): Promise<number> {
    return this.#followers;
  }

  async close(): Promise<void> {
    this.#isOpen = false;
  }

  async hold(): Promise<void> {
    this.#held = new Promise((resolve) => {
      this.#letGo = resolve;
    });
  }

  async decide(): Promise<void> {
    this.#letGo();
  }

  async renderFirst(): Promise<string> {
    const script = join(import.meta.dirname, "render.ts");
    const given = [this.#framework, this.url, JSON.stringify(await this.initial())];
    const { stdout } = await promisify(execFile)(process.execPath, ["--conditions=source", script, ...given]);
    return stdout;
  }

  async end(): Promise<void> {
    this.#letGo();
    await this.#manager.close();
    await new Promise((resolve) => this.#http.close(resolve).closeAllConnections());
  }
}

const CLOSED = { refuse: 403, code: "closed", message: "nobody is let in any more" };

/** A request to `/touch` makes this card. */
const TOUCHED: Card = { id: "touched", title: "Touched", n: 0 };
