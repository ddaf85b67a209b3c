/** A scenario is played with a client under test: the kit is its authority. */

import {
  digestOf,
  fromWireState,
  type JsonObject,
  type JsonValue,
  type Profile,
  type WireState,
} from "@neverstale/protocol";
import { mismatch } from "../patterns/pattern.ts";
import {
  type Bindings,
  resolve,
  resolveNumber,
  resolveObject,
  resolveText,
  ScenarioError,
} from "../patterns/template.ts";
import { NotRun, outcomeOf, type ScenarioOutcome } from "../scenario/outcome.ts";
import type { Scenario, ScenarioStep } from "../scenario/scenario.ts";
import { brief, Violation } from "../scenario/violation.ts";
import type { TestedClient } from "../tested.ts";
import { ClientPeer } from "./client-peer.ts";
import { sameState, Truth } from "./truth.ts";

/** The client has so long for what it must do. This is longer than its first backoffs. */
const PATIENCE_MS = 15_000;

/** The kit's authority says this about itself, unless the scenario's `let` says otherwise. */
const FACTS = { epoch: "epoch-1", space: "space-1", model: 1, beaconMs: 30_000 };

/** It plays one scenario with a client that has just been started for it. */
export function playWithClient(scenario: Scenario, profile: Profile, client: TestedClient): Promise<ScenarioOutcome> {
  return outcomeOf(scenario, profile, () => new ClientPlay(scenario, profile, client).run(scenario.steps));
}

class ClientPlay {
  readonly #profile: Profile;
  readonly #client: TestedClient;
  readonly #bindings: Bindings;
  readonly #truth: Truth;
  readonly #peers: ClientPeer[] = [];
  #answersChecks = true;

  constructor(scenario: Scenario, profile: Profile, client: TestedClient) {
    this.#profile = profile;
    this.#client = client;
    this.#bindings = new Map(Object.entries({ ...FACTS, ...scenario.let }));
    this.#truth = new Truth(scenario, this.#bindings);
  }

  async run(steps: readonly ScenarioStep[]): Promise<void> {
    for (const step of steps) await this.#step(step);
    this.#listen();
  }

  #step(step: ScenarioStep): Promise<void> | void {
    switch (step.do) {
      case "accept":
        return this.#accept(step);
      case "no_connection":
        return this.#noConnection(step.forMs as number);
      case "expect":
        return this.#expect(step);
      case "acked":
        return this.#acked(step);
      case "nothing":
        return this.#nothing(step);
      case "shows":
        return this.#shows(step);
      case "stays":
        return this.#stays(step);
      case "expect_close":
        return this.#expectClose(step);
      case "wait":
        return this.#pass(step.ms as number);
      default:
        return this.#act(step);
    }
  }

  #act(step: ScenarioStep): void {
    switch (step.do) {
      case "send":
        return this.#send(step);
      case "send_text":
        return this.#peer.send(resolveText(step.text as JsonValue, this.#bindings), false);
      case "send_gzip":
        return this.#peer.send(resolveText(step.text as JsonValue, this.#bindings), true);
      case "answer_checks":
        this.#answersChecks = step.yes as boolean;
        return;
      case "close":
        return this.#peer.connection.close(step.code as number);
      case "cut":
        return this.#peer.connection.cut();
      default:
        throw new ScenarioError(`there is no step \`${step.do}\``);
    }
  }

  get #peer(): ClientPeer {
    const peer = this.#peers.at(-1);
    if (peer === undefined) throw new ScenarioError("no connection has been accepted yet");
    return peer;
  }

  /** It takes in all that has come on any connection. */
  #listen(): void {
    for (const peer of this.#peers) {
      peer.listen();
      if (this.#answersChecks) for (const n of peer.checks.splice(0)) this.#answer(peer, n);
    }
    this.#truth.hold(this.#client.shown);
    if (this.#client.complaint !== null) throw new Violation(null, "a client that runs on", this.#client.complaint);
  }

  #answer(peer: ClientPeer, check: number): void {
    const version = this.#bindings.get("version") ?? 0;
    if (peer === this.#peers.at(-1)) peer.send(JSON.stringify({ type: "sync", version, head: version, check }), false);
  }

  /** It waits and listens meanwhile. It resolves with false when `holds` did not become true in time. */
  #until(holds: () => boolean, withinMs: number): Promise<boolean> {
    return this.#client.until(() => {
      this.#listen();
      return holds();
    }, withinMs);
  }

  async #pass(ms: number): Promise<void> {
    await this.#until(() => false, ms);
  }

  #within(step: ScenarioStep): number {
    return step.within === undefined ? PATIENCE_MS : resolveNumber(step.within, this.#bindings);
  }

  async #accept(step: ScenarioStep): Promise<void> {
    const { accepted } = this.#client;
    const came = await this.#until(() => accepted.length > this.#peers.length, this.#within(step));
    const connection = accepted[this.#peers.length];
    if (!came || connection === undefined) throw new Violation(null, "a connection", "none in time");
    this.#peers.push(new ClientPeer(connection, this.#profile));
    const wanted = this.#profile === "v1" ? "neverstale.v1" : undefined;
    if (connection.protocols[0] !== wanted) {
      throw new Violation("M2", `the subprotocol ${wanted ?? "none"}`, connection.protocols.join(", ") || "none");
    }
    if (step.resume !== undefined) this.#holdResume(step.resume, connection.query);
  }

  #holdResume(pattern: JsonValue, { epoch, space, version }: Readonly<Record<string, string>>): void {
    const position = epoch === undefined && version === undefined ? null : { epoch, space, version: Number(version) };
    const found = mismatch(pattern, position as JsonValue, this.#bindings);
    if (found !== null)
      throw new Violation("M2", `the position ${brief(pattern)} in the address`, brief(position as JsonValue));
  }

  async #noConnection(forMs: number): Promise<void> {
    const came = await this.#until(() => this.#client.accepted.length > this.#peers.length, forMs);
    if (came) throw new Violation("M7", "no further connection", "one");
  }

  #send(step: ScenarioStep): void {
    const message = this.#completed(resolveObject(step.message as JsonValue, this.#bindings));
    const peer = typeof step.on === "number" ? this.#peers.at(step.on) : this.#peer;
    if (peer === undefined) throw new ScenarioError(`there is no connection ${String(step.on)}`);
    if (step.step === true && peer.connection.query.steps !== "1")
      throw new NotRun("this client does not ask for steps, which it need not");
    // Blanks say nothing in JSON. With many of them a frame takes long to inflate.
    const text = JSON.stringify(message) + " ".repeat((step.padding as number | undefined) ?? 0);
    if (step.parts === undefined) peer.send(text, step.gzip === true);
    else this.#sendInParts(peer, text, step.parts as number, (step.without as number | undefined) ?? null);
    if (typeof message.version === "number") this.#bindings.set("version", message.version);
  }

  #sendInParts(peer: ClientPeer, text: string, partBytes: number, without: number | null): void {
    if (peer.connection.query.parts !== "1") throw new NotRun("this client does not ask for parts, which it need not");
    peer.sendInParts(text, partBytes, without);
  }

  /** A scenario need not say what every full state and every `sync` carries. */
  #completed(message: JsonObject): JsonObject {
    if (this.#profile === "plain") return message;
    if (message.type === "sync") return { head: message.version as number, ...message };
    if (message.type !== "init" && message.type !== "full_state") return message;
    const { epoch, space, model, beaconMs } = Object.fromEntries(this.#bindings) as JsonObject;
    const digest = digestOf(fromWireState(message.payload as WireState));
    const named = (message.epoch ?? epoch) as string;
    const lineage = [[named, message.version as number]];
    const { type, ...members } = message;
    return { type, ...{ epoch, space, model, beaconMs, digest, lineage }, ...members } as JsonObject;
  }

  async #expect(step: ScenarioStep): Promise<void> {
    const { said } = this.#peer;
    const came = await this.#until(() => said.length > 0, this.#within(step));
    if (!came) throw new Violation(null, brief(step.message), "nothing in time");
    const message = said.shift() as JsonObject;
    const found = mismatch(step.message as JsonValue, message, this.#bindings);
    if (found !== null) throw new Violation(null, brief(step.message), brief(message));
  }

  /** The client has acked every frame put on this connection. */
  async #acked(step: ScenarioStep): Promise<void> {
    const peer = this.#peer;
    if (await this.#until(() => peer.acked === peer.sent, this.#within(step))) return;
    throw new Violation("M2", `ack ${peer.sent}, a number for each frame put here`, `ack ${peer.acked}`);
  }

  async #nothing(step: ScenarioStep): Promise<void> {
    await this.#pass(step.forMs as number);
    for (const message of this.#peer.said) {
      if (mismatch(step.message as JsonValue, message, new Map(this.#bindings)) === null) {
        throw new Violation(null, `no ${brief(step.message)}`, brief(message));
      }
    }
  }

  async #shows(step: ScenarioStep): Promise<void> {
    const version = resolveNumber(step.version as JsonValue, this.#bindings);
    const state = step.state === undefined ? null : resolve(step.state, this.#bindings);
    const isShown = () => {
      const last = this.#client.shown.at(-1);
      return last?.version === version && (state === null || sameState(state, last.state));
    };
    if (await this.#until(isShown, this.#within(step))) return;
    const last = this.#client.shown.at(-1);
    const wanted = state === null ? `version ${version}` : brief({ version, state });
    throw new Violation("R1", `${wanted} to be shown`, last === undefined ? "nothing" : brief({ ...last }));
  }

  async #stays(step: ScenarioStep): Promise<void> {
    const version = resolveNumber(step.version as JsonValue, this.#bindings);
    const moved = await this.#until(() => this.#client.shown.at(-1)?.version !== version, step.forMs as number);
    if (moved)
      throw new Violation(null, `version ${version} to stay`, brief({ ...this.#client.shown.at(-1) } as JsonObject));
  }

  async #expectClose(step: ScenarioStep): Promise<void> {
    const peer = this.#peer;
    const codes = step.codes as readonly number[];
    if (!(await this.#until(() => peer.closed !== null, this.#within(step)))) {
      throw new Violation(null, `the connection closed with ${codes.join(" or ")}`, "nothing of the kind");
    }
    if (!codes.includes(peer.closed ?? 0))
      throw new Violation(null, `close code ${codes.join(" or ")}`, `${peer.closed}`);
  }
}
