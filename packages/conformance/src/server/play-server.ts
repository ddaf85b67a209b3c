/** A scenario is played with a server under test: the kit is its clients. */

import {
  type AnyState,
  type JsonObject,
  type JsonValue,
  type Profile,
  sameJson,
  toWireState,
} from "@neverstale/protocol";
import { bytesOfHex } from "../patterns/hex.ts";
import { mismatch } from "../patterns/pattern.ts";
import { type Bindings, resolveNumber, resolveObject, resolveText, ScenarioError } from "../patterns/template.ts";
import { NotRun, outcomeOf, type ScenarioOutcome } from "../scenario/outcome.ts";
import { needsOf, type Scenario, type ScenarioStep } from "../scenario/scenario.ts";
import { brief, Violation } from "../scenario/violation.ts";
import type { TestConnection, TestedServer } from "../tested.ts";
import { Followed, PATIENCE_MS } from "./followed.ts";
import { newFollower } from "./follower.ts";
import { COLLECTION } from "./known-changes.ts";

/** A supervisor has so long to start the server again. */
const COME_BACK_MS = 20_000;
/** The step `level` numbers its checks from here, above those that scenarios send. */
const LEVEL_CHECK = 1_000_000;
/** The kit tries so many times to find connections at one version. */
const MEETINGS = 10;

/** It plays one scenario in one profile, and leaves nothing behind in the server. */
export function playWithServer(scenario: Scenario, profile: Profile, server: TestedServer): Promise<ScenarioOutcome> {
  return outcomeOf(scenario, profile, async () => {
    if (needsOf(scenario.steps).control && server.control === null) throw new NotRun("needs --control");
    await requireServer(profile, server);
    const play = new ServerPlay(scenario, profile, server);
    try {
      await play.run(scenario.steps);
    } finally {
      await play.end();
    }
  });
}

/** The scenario before may have ended the process. Then its supervisor has time to start it again. */
async function requireServer(profile: Profile, server: TestedServer): Promise<void> {
  for (let waitedMs = 0; waitedMs < COME_BACK_MS; waitedMs += 500) {
    try {
      (await server.connect({ profile, query: {} })).cut();
      return;
    } catch {
      await server.until(() => false, 500);
    }
  }
  throw new Violation(null, "a server that listens", "no connection");
}

class ServerPlay {
  readonly #profile: Profile;
  readonly #server: TestedServer;
  readonly #bindings: Bindings;
  readonly #followed = new Map<string, Followed>();
  /** These records were changed. */
  readonly #touched = new Set<string>();
  #checks = LEVEL_CHECK;

  constructor(scenario: Scenario, profile: Profile, server: TestedServer) {
    this.#profile = profile;
    this.#server = server;
    this.#bindings = new Map(Object.entries({ ...scenario.let, beaconMs: server.beaconMs }));
  }

  async run(steps: readonly ScenarioStep[]): Promise<void> {
    for (const step of steps) await this.#step(step);
  }

  async end(): Promise<void> {
    for (const { connection } of this.#followed.values()) connection.cut();
    const removals = [...this.#touched].map((target) => ({ type: "host_removed", target, data: {} }));
    // A server that a scenario has ended takes no changes. Then there is no way to clean up.
    if (removals.length > 0) await this.#server.control?.change(removals).catch(() => false);
  }

  #step(step: ScenarioStep): Promise<void> | void {
    switch (step.do) {
      case "connect":
        return this.#connect(step);
      case "change":
        return this.#change(step);
      case "load":
        return this.#load(step);
      case "level":
        return this.#levelAt(step);
      case "same":
        return this.#same(step.on as readonly string[]);
      case "restart":
        return this.#restart();
      case "take_over":
        return this.#takeOver();
      case "wait":
        return this.#wait(step.ms);
      case "repeat":
        return this.#repeat(step.times as number, step.steps as unknown as ScenarioStep[]);
      case "together":
        return this.#together(step.branches as unknown as ScenarioStep[][]);
      default:
        return this.#onConnection(step, this.#named(step.on as string));
    }
  }

  #onConnection(step: ScenarioStep, followed: Followed): Promise<void> | void {
    const message = step.message as JsonValue;
    const within = step.within === undefined ? PATIENCE_MS : resolveNumber(step.within, this.#bindings);
    switch (step.do) {
      case "expect":
        return followed.expect(message, within, this.#bindings);
      case "await":
        return followed.await(message, within, this.#bindings);
      case "nothing":
        return this.#wait(step.forMs).then(() => followed.expectNone(message, this.#bindings));
      case "expect_close":
        return followed.expectClose(step.codes as readonly number[]);
      case "holds":
        return this.#holds(step, followed);
      case "received":
        return this.#received(step, followed);
      case "in_parts":
        if (followed.parts === 0) throw new NotRun("this server sends nothing in parts, which it need not");
        return;
      case "close":
        this.#followed.delete(followed.name);
        return followed.connection.cut();
      case "send":
        return followed.send(resolveObject(step.message as JsonValue, this.#bindings));
      case "ack":
        return followed.send({ type: "ack", n: followed.taken + ((step.more as number | undefined) ?? 0) });
      default:
        return this.#onWire(step, followed.connection);
    }
  }

  #onWire(step: ScenarioStep, connection: TestConnection): void {
    switch (step.do) {
      case "send_text":
        return connection.sendText(resolveText(step.text as JsonValue, this.#bindings));
      case "send_binary":
        return connection.sendBinary(bytesOfHex(step.hex as string));
      case "send_bytes":
        return connection.sendBytes(bytesOfHex(step.hex as string));
      case "pause":
        return connection.pause();
      case "unpause":
        return connection.unpause();
      default:
        throw new ScenarioError(`there is no step \`${step.do}\``);
    }
  }

  #named(name: string): Followed {
    const followed = this.#followed.get(name);
    if (followed === undefined) throw new ScenarioError(`no connection is named ${name}`);
    return followed;
  }

  async #wait(ms: JsonValue | undefined): Promise<void> {
    await this.#server.until(() => false, resolveNumber(ms as JsonValue, this.#bindings));
  }

  async #repeat(times: number, steps: readonly ScenarioStep[]): Promise<void> {
    for (let n = 0; n < times; n += 1) await this.run(steps);
  }

  async #together(branches: readonly (readonly ScenarioStep[])[]): Promise<void> {
    const results = await Promise.allSettled(branches.map((branch) => this.run(branch)));
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }

  async #connect(step: ScenarioStep): Promise<void> {
    const name = step.as as string;
    const profile = (step.profile as Profile | undefined) ?? this.#profile;
    const known = this.#followed.get(name);
    known?.connection.cut();
    const resume = step.resume === undefined ? null : resolveObject(step.resume, this.#bindings);
    const query = { ...resume, ...(step.query === undefined ? {} : resolveObject(step.query, this.#bindings)) };
    const connection = await this.#open(profile, query);
    // A connection that comes back has the state that it had when it left.
    const had = resume === null ? null : { version: Number(resume.version), state: known?.follower.state ?? {} };
    this.#followed.set(
      name,
      new Followed(
        name,
        profile,
        connection,
        newFollower(profile, had, query.steps === "1"),
        this.#server,
        query.parts === "1",
      ),
    );
  }

  async #open(profile: Profile, query: JsonObject): Promise<TestConnection> {
    const texts = Object.fromEntries(Object.entries(query).map(([key, value]) => [key, String(value)]));
    try {
      return await this.#server.connect({ profile, query: texts });
    } catch (error) {
      throw new Violation(null, "a connection", reasonOf(error));
    }
  }

  #holds(step: ScenarioStep, { follower: { state } }: Followed): void {
    const hosts = toWireState(state)[COLLECTION] ?? [];
    const found = mismatch(step.hosts as JsonValue, hosts, this.#bindings);
    if (found !== null) throw new Violation(null, `hosts ${brief(found.expected)}`, brief(found.found));
  }

  #received(step: ScenarioStep, { connection: { receivedBytes } }: Followed): void {
    const found = mismatch(step.bytes as JsonValue, receivedBytes, this.#bindings);
    if (found !== null) throw new Violation(null, `${brief(step.bytes)} bytes`, String(receivedBytes));
  }

  async #change(step: ScenarioStep): Promise<void> {
    const changes = (step.changes as readonly JsonObject[]).map((change) => resolveObject(change, this.#bindings));
    for (const { target } of changes) this.#touched.add(String(target));
    const stored = await this.#store(changes);
    if (stored !== (step.refused === true)) return;
    const wanted = stored ? "a refusal of" : "a store that takes";
    throw new Violation(null, `${wanted} ${brief(changes)}`, stored ? "its storing" : "a refusal");
  }

  async #store(changes: readonly JsonObject[]): Promise<boolean> {
    try {
      return (await this.#server.control?.change(changes)) ?? false;
    } catch (error) {
      throw new Violation(null, "an answer from the control", reasonOf(error));
    }
  }

  /** It puts a few records many times, from several sides at once. */
  async #load(step: ScenarioStep): Promise<void> {
    const { count, targets, bytes = 0, lanes = 4, batch = 1, target = "load" } = step as unknown as LoadStep;
    const note = noise(bytes);
    let made = 0;
    const put = (n: number) => {
      const name = `conformance-${target}-${n % targets}`;
      this.#touched.add(name);
      return { type: "host_added", target: name, data: { n, note } };
    };
    const lane = async () => {
      while (made < count) {
        const first = made;
        made += Math.min(batch, count - made);
        const changes = Array.from({ length: made - first }, (_, n) => put(first + n));
        if (!(await this.#store(changes))) throw new Violation(null, "the changes of a load stored", "a refusal");
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  }

  async #restart(): Promise<void> {
    if ((await this.#server.control?.restart()) !== true) throw new NotRun("the control has no restart");
  }

  async #takeOver(): Promise<void> {
    if ((await this.#server.control?.takeOver()) !== true) throw new NotRun("the control has no takeover");
  }

  /** All become level. A `version` matches where that is. The first full state may be older, with a diff after it (rule A8). */
  async #levelAt({ on, version }: ScenarioStep): Promise<void> {
    const names = on as readonly string[];
    await this.#level(names);
    if (version === undefined) return;
    for (const { name, follower } of names.map((one) => this.#named(one))) {
      const found = mismatch(version, follower.version, this.#bindings);
      if (found !== null) throw new Violation(null, `${name} level at ${brief(found.expected)}`, brief(found.found));
    }
  }

  /** It waits until each connection has taken in all that was stored before this step. */
  async #level(names: readonly string[]): Promise<void> {
    for (const followed of names.map((name) => this.#named(name))) {
      this.#checks += 1;
      if (followed.profile === "v1") await followed.levelByCheck(this.#checks);
      else await followed.reach(await this.#headForNewcomers());
    }
  }

  /** The `init` of a plain newcomer is at or above the head (rule A8). */
  async #headForNewcomers(): Promise<number> {
    const newcomer = Followed.newcomer("a newcomer", "plain", await this.#open("plain", {}), this.#server);
    const init = await newcomer.next(PATIENCE_MS);
    newcomer.connection.cut();
    if (typeof init?.version !== "number") throw new Violation("M1", "an init for a newcomer", newcomer.silence);
    return init.version;
  }

  async #same(names: readonly string[]): Promise<void> {
    const [first, ...others] = names.map((name) => this.#named(name)) as [Followed, ...Followed[]];
    await this.#meet(names);
    const expected = recordsOf(first.follower.state);
    for (const { name, follower } of others) {
      const found = recordsOf(follower.state);
      if (sameJson(expected, found)) continue;
      const shown = `what ${first.name} shows, ${differing(expected, found)},`;
      throw new Violation("P1", `${shown} on ${name} at version ${follower.version}`, differing(found, expected));
    }
  }

  /** It waits until all are level at one version. Other traffic on the server may come between. */
  async #meet(names: readonly string[]): Promise<void> {
    const versions = () => names.map((name) => this.#named(name).follower.version);
    for (let attempt = 0; attempt < MEETINGS; attempt += 1) {
      await this.#level(names);
      if (new Set(versions()).size === 1) return;
    }
    throw new Violation(null, `${names.join(" and ")} at one version`, versions().join(" and "));
  }
}

interface LoadStep {
  readonly count: number;
  readonly targets: number;
  readonly bytes?: number;
  /** So many requests are under way at once, and each holds so many changes. */
  readonly lanes?: number;
  readonly batch?: number;
  readonly target?: string;
}

/** It makes a text that doesn't shrink much when it is compressed. The text is always the same. */
function noise(length: number): string {
  let seed = 1;
  const characters = Array.from({ length }, () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return String.fromCharCode(48 + (seed >>> 26));
  });
  return characters.join("");
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** It returns the records by id, as their order has no meaning. */
function recordsOf(state: AnyState): JsonObject {
  return Object.fromEntries((toWireState(state)[COLLECTION] ?? []).map((record) => [record.id, record]));
}

/** It names the records of `a` that `b` does not have, or has otherwise. */
function differing(a: JsonObject, b: JsonObject): string {
  return brief(Object.fromEntries(Object.entries(a).filter(([id, record]) => !sameJson(record, b[id]))));
}
