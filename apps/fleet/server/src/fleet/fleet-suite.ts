import { scryptSync } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { removeWithProcesses } from "@neverstale/base/test-processes";
import type { AgentReport, DispatchAnswer, HostCheck, OpOffer, ReportsRequest } from "@neverstale/fleet-domain";
import { memoryStore } from "@neverstale/server";
import { pino } from "pino";
import { type RawData, WebSocket } from "ws";
import { newPassword } from "../accounts/decide.ts";
import { addHost } from "../hosts/decide.ts";
import type { FleetOptions } from "../process/io/settings.ts";
import { type RunningFleet, startFleet } from "../process/io/start.ts";

/** What the tests of this package share: a real server on a real port, and those who talk to it over real sockets. */

export interface ServerAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** Parsed, where it is JSON. */
  readonly body: Record<string, never> & { readonly [key: string]: unknown };
}

export interface CallOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

/** One request, with exactly these headers: `fetch` would add its own. */
export function send(
  address: string,
  method: string,
  path: string,
  { body, headers = {} }: CallOptions = {},
): Promise<ServerAnswer> {
  const payload = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
  const given = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
  const length = payload === undefined ? {} : { "content-length": String(Buffer.byteLength(payload)) };
  const type = payload === undefined ? {} : { "content-type": "application/json" };
  const typed = { ...type, ...length, ...given };
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(address);
    const request = httpRequest({ hostname, port, method, path, headers: typed, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(parts).toString();
        const isJson = /\/(problem\+)?json/.test(response.headers["content-type"] ?? "");
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          body: isJson && text !== "" ? JSON.parse(text) : {},
        });
      });
    });
    request.on("error", reject);
    request.end(payload);
  });
}

/** A browser that has signed in: cookie, CSRF token and Origin go with each request, unless a test takes one away. */
export class Browser {
  readonly fleet: RunningFleet;
  readonly cookie: string;
  readonly csrf: string;

  constructor(fleet: RunningFleet, cookie: string, csrf: string) {
    this.fleet = fleet;
    this.cookie = cookie;
    this.csrf = csrf;
  }

  get headers(): Record<string, string> {
    return { cookie: this.cookie, "x-csrf-token": this.csrf, origin: this.fleet.address };
  }

  get(path: string, headers: CallOptions["headers"] = {}): Promise<ServerAnswer> {
    return send(this.fleet.address, "GET", path, { headers: { cookie: this.cookie, ...headers } });
  }

  post(path: string, body?: unknown, headers: CallOptions["headers"] = {}): Promise<ServerAnswer> {
    return this.call("POST", path, body, headers);
  }

  call(method: string, path: string, body?: unknown, headers: CallOptions["headers"] = {}): Promise<ServerAnswer> {
    return send(this.fleet.address, method, path, {
      ...(body === undefined ? {} : { body }),
      headers: { ...this.headers, ...headers },
    });
  }
}

/** Signs in by a one-time link. */
export async function signIn(fleet: RunningFleet, body: Record<string, unknown> = {}): Promise<Browser> {
  const token = /#setup=(.+)$/.exec(fleet.signInLink ?? "")?.[1];
  const answer = await send(fleet.address, "POST", "/api/setup", {
    body: { token, ...body },
    headers: { origin: fleet.address },
  });
  if (answer.status !== 200) throw new Error(`sign-in failed: ${answer.text}`);
  return new Browser(fleet, cookieSetBy(answer), String(answer.body.csrfToken));
}

/**
 * Signs in by a one-time link, and gives `admin` a password. Its hash says itself what it costs, and this one costs next to nothing,
 * so that tests which prove a password by the dozen do not spend their time on that.
 */
export async function signInCheaply(fleet: RunningFleet, password: string): Promise<Browser> {
  const browser = await signIn(fleet);
  const key = scryptSync(password, "salt", 32, { N: 2, r: 8, p: 1 }).toString("base64url");
  const hash = `scrypt$2$8$1$${Buffer.from("salt").toString("base64url")}$${key}`;
  await fleet.parts.transactions.transact((work) => work.changeAccounts("user_updated", "admin", newPassword(hash)));
  return browser;
}

/** Signs in `admin` with a password. */
export async function signInWith(fleet: RunningFleet, password: string): Promise<Browser> {
  const body = { username: "admin", password };
  const answer = await send(fleet.address, "POST", "/api/login", { body, headers: { origin: fleet.address } });
  if (answer.status !== 200) throw new Error(`sign-in failed: ${answer.text}`);
  return new Browser(fleet, cookieSetBy(answer), String(answer.body.csrfToken));
}

/** `name=value` of the cookie that an answer sets. */
export function cookieSetBy(answer: ServerAnswer): string {
  return String(answer.headers["set-cookie"]).split(";", 1)[0] ?? "";
}

export const OPS: OpOffer[] = [
  { name: "uptime", args: [] },
  { name: "disk", args: [] },
  { name: "memory", args: [] },
  { name: "count", args: [{ name: "to", type: "integer", min: 1, max: 100, default: 10 }] },
];

/** It takes the place of an agent's process: it enrols, claims and reports over HTTP, as the agent's program does. */
export class HostAgent {
  readonly address: string;
  readonly id: string;
  readonly credential: string;
  readonly instance: string;
  #seq = 0;

  constructor(address: string, id: string, credential: string, instance = "run-1") {
    this.address = address;
    this.id = id;
    this.credential = credential;
    this.instance = instance;
  }

  get headers(): Record<string, string> {
    return { authorization: `Bearer ${this.credential}` };
  }

  /** The same host after its agent was started again. */
  restarted(instance: string): HostAgent {
    return new HostAgent(this.address, this.id, this.credential, instance);
  }

  claim(commandId: string, instance = this.instance): Promise<ServerAnswer> {
    return send(this.address, "POST", "/agent/claims", { body: { commandId, instance }, headers: this.headers });
  }

  report(...reports: AgentReport[]): Promise<ServerAnswer> {
    this.#seq += 1;
    return this.reportAs(this.#seq, ...reports);
  }

  reportAs(seq: number, ...reports: AgentReport[]): Promise<ServerAnswer> {
    return this.#send({ instance: this.instance, seq, reports });
  }

  /** The clock of the host says that it is this time. */
  reportAtTime(sentAt: string, ...reports: AgentReport[]): Promise<ServerAnswer> {
    this.#seq += 1;
    return this.#send({ instance: this.instance, seq: this.#seq, sentAt, reports });
  }

  #send(body: ReportsRequest): Promise<ServerAnswer> {
    return send(this.address, "POST", "/agent/reports", { body, headers: this.headers });
  }

  hello(ops: OpOffer[] = OPS): Promise<ServerAnswer> {
    return this.report({
      type: "hello",
      hostname: this.id,
      os: "Linux",
      arch: "x64",
      agentVersion: "1.0.0",
      ops,
      checks: {},
    });
  }

  /** Each check was made just now, as its agent says. */
  checks(
    checks: Readonly<
      Record<string, Pick<HostCheck, "status"> & { message?: string; checkedAt?: string; everyMs?: number }>
    >,
  ): Promise<ServerAnswer> {
    const told = Object.entries(checks).map(
      ([name, check]) =>
        [name, { message: "", checkedAt: new Date().toISOString(), everyMs: 60_000, ...check }] as const,
    );
    return this.report({ type: "checks", checks: Object.fromEntries(told) });
  }

  finished(commandId: string, status: "succeeded" | "failed" | "cancelled", outputBytes = 0): Promise<ServerAnswer> {
    const finishedAt = new Date().toISOString();
    return this.report({
      type: "finished",
      commandId,
      status,
      exitCode: status === "succeeded" ? 0 : 1,
      finishedAt,
      outputBytes,
    });
  }

  /** Claims it and ends it at once. */
  async run(commandId: string, status: "succeeded" | "failed" = "succeeded"): Promise<void> {
    const claimed = await this.claim(commandId);
    if (claimed.status !== 200) throw new Error(`not granted: ${claimed.text}`);
    await this.finished(commandId, status);
  }
}

export async function enrollHost(browser: Browser, hostname: string): Promise<HostAgent> {
  const made = await browser.post("/api/enrollment-tokens", {});
  const facts = { hostname, os: "Linux", arch: "x64", agentVersion: "1.0.0" };
  const body = { token: made.body.token, nonce: `a nonce of ${hostname} with some length`, ...facts };
  const answer = await send(browser.fleet.address, "POST", "/agent/enroll", { body });
  if (answer.status !== 200) throw new Error(`enrolment failed: ${answer.text}`);
  return new HostAgent(browser.fleet.address, String(answer.body.hostId), String(answer.body.credential));
}

/** Enrolled, and online with all of `OPS`. */
export async function onlineHost(browser: Browser, hostname: string): Promise<HostAgent> {
  const host = await enrollHost(browser, hostname);
  await host.hello();
  return host;
}

/** It returns a function that makes one more online host each time, under a name of its own. */
export function hostMaker(browser: () => Browser): () => Promise<HostAgent> {
  let count = 0;
  return () => {
    count += 1;
    return onlineHost(browser(), `host-${count}`);
  };
}

export function commandsOf(answer: ServerAnswer): DispatchAnswer["commands"] {
  return answer.body.commands as unknown as DispatchAnswer["commands"];
}

/** It dispatches `uptime` to one host, and returns the id of the command. */
export async function dispatchUptime(
  browser: Browser,
  host: HostAgent,
  more: Record<string, unknown> = {},
): Promise<string> {
  const answer = await browser.post("/api/dispatch", { op: "uptime", hosts: [host.id], ...more });
  const [command] = commandsOf(answer);
  if (command === undefined) throw new Error(`not dispatched: ${answer.text}`);
  return command.id;
}

/** Hosts that are only records, many of them in one go: online, allowing these ops, and without anybody who works there. */
export async function makeHosts(fleet: RunningFleet, count: number, ops: OpOffer[] = OPS): Promise<string[]> {
  const facts = { os: "Linux", arch: "x64", agentVersion: "1.0.0" };
  const names = Array.from({ length: count }, (_, index) => `many-${String(index).padStart(4, "0")}`);
  const { result } = await fleet.parts.transactions.transact((work) =>
    names.map((hostname) => {
      const id = addHost(work, { hostname, token: "", nonce: "", ...facts }, "server");
      work.change("host_updated", id, { online: true, ops });
      return id;
    }),
  );
  for (const id of result) fleet.parts.presences.heard(id);
  return result;
}

/** Directories and servers of one test file; `end` takes them all away, and the agents that outlived a server. */
export class Fleets {
  readonly #running: RunningFleet[] = [];
  readonly #directories: string[] = [];

  directory(): string {
    const path = mkdtempSync(join(tmpdir(), "fleet-"));
    this.#directories.push(path);
    return path;
  }

  async start(options: FleetOptions = {}): Promise<RunningFleet> {
    const fleet = await startFleet({
      port: 0,
      dataDir: this.directory(),
      localAgent: false,
      log: pino({ level: "silent" }),
      print: () => {},
      store: memoryStore(),
      ...options,
    });
    this.#running.push(fleet);
    return fleet;
  }

  async end(): Promise<void> {
    await Promise.all(this.#running.splice(0).map((fleet) => fleet.close()));
    await Promise.all(this.#directories.splice(0).map(removeWithProcesses));
  }
}

export interface Upgrade {
  /** The HTTP status that refused it, or 101. */
  readonly status: number;
  /** Of a refusal: the header, and the document. */
  readonly retryAfter?: string | undefined;
  readonly problem?: Record<string, unknown>;
  readonly socket: WebSocket;
  /** What has come over it so far, and the first of it once it has come. */
  readonly messages: readonly string[];
  readonly first: Promise<string>;
}

/** A WebSocket with exactly these headers, until it is open or refused. */
export function upgrade(
  fleet: RunningFleet,
  path: string,
  headers: Record<string, string>,
  protocols: string[] = [],
): Promise<Upgrade> {
  const socket = new WebSocket(`${fleet.address.replace("http", "ws")}${path}`, protocols, { headers });
  const messages: string[] = [];
  const first = new Promise<string>((resolve) => socket.once("message", (...message) => resolve(textOf(...message))));
  socket.on("message", (...message) => messages.push(textOf(...message)));
  return new Promise((resolve, reject) => {
    socket.once("open", () => resolve({ status: 101, socket, messages, first }));
    socket.once("unexpected-response", async (request, response) => {
      const problem = (await json(response)) as Record<string, unknown>;
      request.destroy();
      const status = response.statusCode ?? 0;
      resolve({ status, retryAfter: response.headers["retry-after"], problem, socket, messages, first });
    });
    socket.once("error", (error) =>
      /Unexpected server response|closed before/.test(error.message) ? undefined : reject(error),
    );
  });
}

/** What is long comes compressed. */
function textOf(data: RawData, isBinary: boolean): string {
  return String(isBinary && Buffer.isBuffer(data) ? gunzipSync(data) : data);
}

export function closeCode(socket: WebSocket): Promise<number> {
  return new Promise((resolve) => socket.once("close", resolve));
}
