/** The metrics show at `/metrics` what the engine, the requests and the process do. */

import type { UsedLimit } from "@neverstale/fleet-domain";
import type { SyncEndpoint } from "@neverstale/server";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

export class HttpMetrics {
  readonly #registry = new Registry();
  readonly #requests: Counter;
  readonly #seconds: Histogram;
  readonly #sources: { readonly prefix: string; readonly read: () => object }[] = [];
  readonly #shown = new Set<string>();

  constructor() {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#requests = new Counter({
      name: "neverstale_http_requests_total",
      help: "Requests answered",
      labelNames: ["method", "route", "status"],
      registers,
    });
    this.#seconds = new Histogram({
      name: "neverstale_http_request_seconds",
      help: "Time to answer",
      labelNames: ["method", "route"],
      buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
      registers,
    });
  }

  /** It shows the full states that sockets were sent, by why it was not a diff. */
  addFullStates(sockets: SyncEndpoint): void {
    new Gauge({
      name: "neverstale_sync_full_states",
      help: "Full states sent, by why it was not a diff",
      labelNames: ["reason"],
      registers: [this.#registry],
      collect() {
        for (const [reason, count] of Object.entries(sockets.metrics.fullStates)) this.set({ reason }, count);
      },
    });
  }

  /** It shows the newest term that a node knows of, by its epoch. Nothing is shown where there are no nodes. */
  addTerm(read: () => string | null): void {
    new Gauge({
      name: "neverstale_node_term",
      help: "1 for the epoch of the newest term that this node knows of",
      labelNames: ["epoch"],
      registers: [this.#registry],
      collect() {
        this.reset();
        const epoch = read();
        if (epoch !== null) this.set({ epoch }, 1);
      },
    });
  }

  /**
   * It shows numbers that are counted elsewhere, each by the name it has there. A node counts more while it decides
   * changes; what it counts no more is 0.
   */
  addNumbers(prefix: string, read: () => object): void {
    this.#sources.push({ prefix, read });
    this.#addNew();
  }

  /** It returns each number that has a limit beside it: `x` of `limitX`. A limit of 0 is none. */
  limits(): UsedLimit[] {
    return this.#sources.flatMap(({ prefix, read }) => {
      const numbers = numbersOf(read());
      return Object.entries(numbers).flatMap(([name, limit]) => {
        const of = /^limit([A-Z].*)$/.exec(name)?.[1];
        const used = of === undefined ? undefined : numbers[of.charAt(0).toLowerCase() + of.slice(1)];
        if (of === undefined || used === undefined || limit <= 0 || !Number.isFinite(limit)) return [];
        return [{ name: `${prefix}${snakeCase(of.charAt(0).toLowerCase() + of.slice(1))}`, used, limit }];
      });
    });
  }

  #addNew(): void {
    for (const { prefix, read } of this.#sources) {
      for (const name of Object.keys(numbersOf(read()))) {
        const shown = `neverstale_${prefix}${snakeCase(name)}`;
        if (this.#shown.has(shown)) continue;
        this.#shown.add(shown);
        this.#show(shown, `${name}, as the engine counts it`, () => numbersOf(read())[name] ?? 0);
      }
    }
  }

  /** A number that only grows says so by its name, and Prometheus knows it as a counter. */
  #show(name: string, help: string, value: () => number): void {
    const shown = { name, help, registers: [this.#registry] };
    if (name.endsWith("_total")) {
      new Counter({
        ...shown,
        collect() {
          this.reset();
          this.inc(value());
        },
      });
    } else {
      new Gauge({
        ...shown,
        collect() {
          this.set(value());
        },
      });
    }
  }

  /** A request is counted by its route's pattern, because paths have too many values. */
  observe(request: FastifyRequest, reply: FastifyReply): void {
    const route = request.routeOptions.url ?? "none";
    const { method } = request;
    this.#requests.inc({ method, route, status: String(reply.statusCode) });
    this.#seconds.observe({ method, route }, reply.elapsedTime / 1000);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    this.#addNew();
    return this.#registry.metrics();
  }
}

function numbersOf(metrics: object): Record<string, number> {
  const entries = Object.entries(metrics).filter((entry): entry is [string, number] => typeof entry[1] === "number");
  return Object.fromEntries(entries);
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replaceAll(/\W/g, "_");
}
