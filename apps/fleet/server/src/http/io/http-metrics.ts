import type { SyncEndpoint } from "@neverstale/server";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { HostBudgets } from "../../fleet/host-budgets.ts";
import type { FleetManager, Server } from "../../process/io/server.ts";
import type { OpenSockets } from "./open-sockets.ts";

/** What `/metrics` shows: everything the engine counts, the requests, and the process. */
export class HttpMetrics {
  readonly #registry = new Registry();
  readonly #requests: Counter;
  readonly #seconds: Histogram;

  constructor(manager: FleetManager) {
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
    this.#addNumbers("", () => manager.metrics());
  }

  addSockets(sockets: SyncEndpoint, open: OpenSockets): void {
    this.#addNumbers("sync_", () => numbersOf(sockets.metrics));
    this.#addNumbers("sockets_", () => open.metrics);
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

  addHosts(budgets: HostBudgets, now: () => number): void {
    this.#addNumbers("hosts_", () => budgets.metrics(now()));
  }

  addServer(server: Server): void {
    this.#addNumbers("", () => ({ storeRefuses: server.storeTrouble === null ? 0 : 1 }));
    this.#addNumbers("", () => ({
      memorySessions: server.memorySessions.size,
      knownAddresses: server.acquainted.size,
    }));
    this.#addNumbers("http_", () => server.connections.metrics);
    this.#addNumbers("", () => server.refusals.metrics);
    this.#addNumbers("", () => server.logStream?.metrics ?? { logLinesDropped: 0 });
  }

  #addNumbers(prefix: string, read: () => Readonly<Record<string, number>>): void {
    for (const name of Object.keys(read())) {
      new Gauge({
        name: `neverstale_${prefix}${snakeCase(name)}`,
        help: `${name}, as the engine counts it`,
        registers: [this.#registry],
        collect() {
          this.set(read()[name] ?? 0);
        },
      });
    }
  }

  /** By the route's pattern: a path has too many values. */
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
