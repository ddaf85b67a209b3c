/** A node on the stage has a door to its database and a door to itself, and is started, stopped and killed as a script says. */

import { freePort } from "@neverstale/store-postgres/test-server";
import { AuthorityProcess } from "../../../engine/authority-process.ts";
import { Door } from "./door.ts";
import type { NodeFacts } from "./store-node.ts";

const SCRIPT = new URL("./store-node.ts", import.meta.url);

export interface Answered {
  readonly isAcknowledged: boolean;
  readonly epoch: string;
  readonly version: number;
  readonly code: string;
  readonly hint: string;
}

export class NodeOnStage {
  /** It reaches the database through this one. */
  readonly database: Door;
  /** The other nodes reach it through this one. Clients don't. */
  readonly link: Door;
  readonly #process: AuthorityProcess;
  isRunning = false;
  isStopped = false;
  /** It has sent so many full states to clients that had a position, before its process was killed. */
  #fullStatesBefore = 0;

  private constructor(database: Door, link: Door, process: AuthorityProcess) {
    this.database = database;
    this.link = link;
    this.#process = process;
  }

  /** `urlOf` makes the URL of the database of the port at which this node reaches it. It is not started yet. */
  static async make(database: number, urlOf: (port: number) => string, beaconMs: number): Promise<NodeOnStage> {
    const port = await freePort();
    const [toDatabase, link] = [await Door.to(database), await Door.to(port)];
    const process = new AuthorityProcess(urlOf(toDatabase.port), beaconMs, SCRIPT);
    process.port = port;
    return new NodeOnStage(toDatabase, link, process);
  }

  /** These variables are set in its process. */
  set env(env: NodeJS.ProcessEnv) {
    this.#process.env = { ...process.env, NODE_ADDRESS: `http://127.0.0.1:${this.link.port}`, ...env };
  }

  get port(): number {
    return this.#process.port;
  }

  async start(): Promise<void> {
    await this.#process.start();
    this.isRunning = true;
  }

  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.isStopped = signal === "SIGSTOP";
    this.#process.signal(signal);
  }

  async kill(): Promise<void> {
    this.#fullStatesBefore = await this.fullStates().catch(() => this.#fullStatesBefore);
    this.isRunning = false;
    await this.#process.kill("SIGKILL");
  }

  async facts(): Promise<NodeFacts> {
    const answer = await fetch(this.#process.url("/facts"), { signal: AbortSignal.timeout(5_000) });
    return (await answer.json()) as NodeFacts;
  }

  /** A client that comes without a position is not counted. */
  async fullStates(): Promise<number> {
    const { first: _, ...others } = (await this.facts()).sync.fullStates;
    return Object.values(others).reduce((sum, count) => sum + count, this.#fullStatesBefore);
  }

  /** It rejects when there is no answer. */
  async apply(key: string, change: object): Promise<Answered> {
    const answer = await fetch(this.#process.url("/apply"), {
      method: "POST",
      body: JSON.stringify(change),
      headers: { "Idempotency-Key": key },
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const { epoch = "", version = 0, code = "", hint = "" } = (await answer.json()) as Partial<Answered>;
    return { isAcknowledged: answer.ok, epoch, version, code, hint };
  }

  async end(): Promise<void> {
    this.#process.signal("SIGCONT");
    this.isRunning = false;
    await this.#process.kill();
    await Promise.all([this.database.close(), this.link.close()]);
  }
}

/** A node that is stopped never answers. */
const ANSWER_MS = 15_000;
