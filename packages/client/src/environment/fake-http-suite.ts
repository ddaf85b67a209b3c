import { encodeMessage, type ServerMessage } from "@neverstale/protocol";
import type { MakeFallback } from "../transport/fallback.ts";
import { fallbackOver } from "../transport/fallback-transport.ts";
import type { HttpEvents, OpenHttp } from "./environment.ts";
import { FakeEnvironment } from "./fake-environment-suite.ts";

/** An answer of the authority says that it is one. */
export const OWN = { "Neverstale-Protocol": "v1" };

/** One end of a request whose other end is the test. */
export class FakeExchange {
  readonly path: string;
  readonly search: string;
  isClosed = false;
  readonly #events: HttpEvents;

  constructor(url: string, events: HttpEvents) {
    const { pathname, search } = new URL(url);
    this.path = pathname;
    this.search = search;
    this.#events = events;
  }

  head(status: number, headers: Readonly<Record<string, string>>): this {
    const lower = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    if (!this.isClosed) this.#events.answered({ status, header: (name) => lower.get(name.toLowerCase()) ?? null });
    return this;
  }

  text(text: string): this {
    if (!this.isClosed) this.#events.received(text);
    return this;
  }

  end(): this {
    if (!this.isClosed) this.#events.ended();
    return this;
  }

  fail(): this {
    if (!this.isClosed) this.#events.failed();
    return this;
  }

  /** A whole answer of messages, one a line. */
  messages(messages: readonly ServerMessage[], headers: Readonly<Record<string, string>> = {}): this {
    const type = { "Content-Type": "application/x-ndjson; charset=utf-8", ...OWN };
    const lines = messages.map((message) => `${encodeMessage(message)}\n`).join("");
    return this.head(200, { ...type, ...headers })
      .text(lines)
      .end();
  }

  state(state: ServerMessage): this {
    return this.head(200, { "Content-Type": "application/json", ...OWN })
      .text(encodeMessage(state))
      .end();
  }

  problem(status: number, code: string): this {
    return this.head(status, { "Content-Type": "application/problem+json", ...OWN })
      .text(JSON.stringify({ code }))
      .end();
  }

  /** A stream begins. */
  stream(headers: Readonly<Record<string, string>> = {}): this {
    return this.head(200, { "Content-Type": "text/event-stream; charset=utf-8", ...OWN, ...headers });
  }

  event(offsetMs: number, ...messages: readonly ServerMessage[]): this {
    return this.text(`id: ${offsetMs}\n${messages.map((message) => `data: ${encodeMessage(message)}\n\n`).join("")}`);
  }
}

/** An environment in memory that can also do requests whose answers come piece by piece. */
export class FakeHttpEnvironment extends FakeEnvironment {
  readonly exchanges: FakeExchange[] = [];

  fallback?: MakeFallback = fallbackOver((url: string, events: HttpEvents): OpenHttp => {
    const exchange = new FakeExchange(url, events);
    this.exchanges.push(exchange);
    return {
      close: () => {
        exchange.isClosed = true;
      },
    };
  });

  /** The newest request. */
  get exchange(): FakeExchange {
    const exchange = this.exchanges.at(-1);
    if (exchange === undefined) throw new Error("nothing was asked for");
    return exchange;
  }
}
