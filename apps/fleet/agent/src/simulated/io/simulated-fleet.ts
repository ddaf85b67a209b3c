/** A simulated fleet is many agents in one process. Each speaks the real protocol over connections of its own, as the agent's program does. */

import { appendFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Millis } from "@neverstale/base";
import type { Logger } from "pino";
import { waitAfter } from "../../connection/backoff.ts";
import { CredentialKeeper } from "../../connection/io/credential-keeper.ts";
import { followAssignments } from "../../connection/io/follow-assignments.ts";
import { ServerApi } from "../../connection/io/server-api.ts";
import { Agent } from "../../io/agent.ts";
import { AGENT_VERSION } from "../../io/shipped.ts";
import { courseOf, SIMULATED_AGENT_FILE } from "../course.ts";
import { SimulatedBook } from "../simulated-book.ts";
import { SimulatedFile } from "../simulated-file.ts";
import { type Lot, lotsOf, readingOf, type Shares, simulatedFacts, simulatedName } from "../simulated-host.ts";

export interface SimulatedFleetOptions {
  readonly server: URL;
  /** It is a PEM text. Null means what the system trusts. */
  readonly ca: string | null;
  readonly token: string;
  readonly hosts: number;
  readonly seed: number;
  readonly shares: Shares;
  readonly heartbeatMs: Millis;
  /** Each command that begins adds a line to this file: the name of its host and its id. */
  readonly markers: string | null;
  readonly log: Logger;
  /** So many hosts have enrolled. */
  readonly onEnrolled: (count: number) => void;
}

/** It resolves once all have enrolled and begun. This returns how to end them. */
export async function startSimulatedFleet(options: SimulatedFleetOptions): Promise<() => Promise<void>> {
  const lots = lotsOf(options.hosts, options.seed, options.shares);
  const file = new SimulatedFile(SIMULATED_AGENT_FILE);
  const hosts = lots.map((lot, index) => new SimulatedHost(options, file, simulatedName(index, options.seed), lot));
  let enrolled = 0;
  let next = 0;
  const enrolInTurn = async () => {
    for (let host = hosts[next++]; host !== undefined; host = hosts[next++]) {
      await host.enrol();
      enrolled += 1;
      options.onEnrolled(enrolled);
      host.begin();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, enrolInTurn));
  return async () => {
    await Promise.all(hosts.map((host) => host.end()));
  };
}

/** A server lets one address try a few enrolments at once. */
const AT_ONCE = 6;
/** A machine that went down is back after so long. */
const DOWN_MS: Millis = 25_000;
/** One that is away has been seen for so long. */
const SEEN_MS: Millis = 1_000;

class SimulatedHost {
  readonly #options: SimulatedFleetOptions;
  readonly #file: SimulatedFile;
  readonly #name: string;
  readonly #lot: Lot;
  readonly #book: SimulatedBook;
  readonly #nonce: string;
  #credential = "";
  #stopAgent: () => void = () => {};
  #isOver = false;
  #living: Promise<void> = Promise.resolve();

  constructor(options: SimulatedFleetOptions, file: SimulatedFile, name: string, lot: Lot) {
    const { seed, markers } = options;
    this.#options = options;
    this.#file = file;
    this.#name = name;
    this.#lot = lot;
    this.#nonce = `${name} ${crypto.randomUUID()}`;
    this.#book = new SimulatedBook({
      courseOf: (op) => courseOf({ host: name, lot, seed, ops: file.ops }, op),
      now: Date.now,
      began: (commandId) => {
        if (markers !== null) appendFileSync(markers, `${name} ${commandId}\n`);
      },
      died: () => this.#stopAgent(),
    });
  }

  /** It tries until the server answers. Throws when the server accepts the token no more. */
  async enrol(): Promise<void> {
    const { server, ca, token, seed } = this.#options;
    const api = new ServerApi(server, { ca, certificate: null });
    const facts = simulatedFacts(this.#name, seed, AGENT_VERSION);
    for (let attempt = 1; ; attempt += 1) {
      const result = await api.enroll({ token, nonce: this.#nonce, ...facts });
      if (result.type === "ok") {
        this.#credential = result.answer.credential;
        return api.close();
      }
      if (result.type !== "unanswered") throw new Error(`${this.#name} can't enrol: ${result.message}`);
      await delay(waitAfter(result, attempt, Math.random()));
    }
  }

  begin(): void {
    this.#living = this.#live();
  }

  async end(): Promise<void> {
    this.#isOver = true;
    this.#stopAgent();
    await this.#living;
  }

  /** An agent runs until its machine goes down, and runs again once that is back. */
  async #live(): Promise<void> {
    const { log } = this.#options;
    while (!this.#isOver) {
      const why = await this.#runAgent();
      if (this.#isOver) return;
      if (why !== "stopped") return log.error({ host: this.#name }, "the server does not accept this host any more");
      if (this.#lot === "away") return;
      await Promise.race([delay(DOWN_MS, undefined, { ref: false }), this.#untilOver()]);
    }
  }

  async #untilOver(): Promise<void> {
    while (!this.#isOver) await delay(250, undefined, { ref: false });
  }

  async #runAgent() {
    const { server, ca, seed, heartbeatMs, log } = this.#options;
    const name = this.#name;
    const api = new ServerApi(server, { ca, certificate: null });
    const keep = ({ credential }: { readonly credential: string }) => {
      this.#credential = credential;
    };
    const kept = { hostId: name, credential: this.#credential, tokenHash: "" };
    const credential = new CredentialKeeper(kept, { keep, api, log });
    const replica = followAssignments({
      server,
      credential: () => credential.credential,
      trust: { ca, certificate: null },
      onChange: () => agent.look(),
    });
    const facts = () => simulatedFacts(name, seed, AGENT_VERSION);
    const gauges = { read: () => readingOf(name, seed, Date.now()) };
    const agent = new Agent({
      api,
      credential,
      journal: this.#book,
      checkBook: null,
      hostFile: this.#file,
      replica,
      log,
      facts,
      gauges,
      heartbeatMs,
      onAccepted: () => {},
    });
    this.#stopAgent = () => agent.stop("stopped");
    if (this.#lot === "away") setTimeout(() => agent.stop("stopped"), SEEN_MS).unref();
    try {
      return await agent.run();
    } finally {
      replica.close();
      api.close();
    }
  }
}
