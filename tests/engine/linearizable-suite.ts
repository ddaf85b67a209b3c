/** Calls are linearizable when one order of them explains every answer. */

import type { StateSync } from "@neverstale/client";
import { type Input, notLinearizable, type Operation } from "@neverstale/sim";
import { type AuthorityProcess, until } from "./authority-process.ts";
import { type RegisterState, type Told, valueIn } from "./register-authority.ts";

export interface CallsOptions {
  /** The process is killed so often. */
  readonly kills: number;
  /** So many calls are answered before each kill. */
  readonly callsPerKill: number;
}

/** This is what was seen, and what of it no order of the calls explains. */
export interface Judgement {
  readonly problem: string | null;
  readonly answered: number;
  readonly neverAnswered: number;
  readonly repeated: number;
  readonly readAtReplicas: number;
}

const CALLERS = 6;
/** There are few objects, so that callers meet. A history is judged object by object, so each round has objects of its own. */
const OBJECTS = 2;

type Noted = { -readonly [Key in keyof Operation]: Operation[Key] };

/**
 * Several clients call an authority that is killed among the calls, time and again. They swap, read, and add under keys. An
 * addition is repeated when its answer is lost, which some callers see to by hanging up.
 */
export async function callAmidKills(authority: AuthorityProcess, options: CallsOptions): Promise<Judgement> {
  const callers = new Callers(authority);
  const replica = authority.follow() as unknown as StateSync<RegisterState>;
  for (let round = 0; round < options.kills; round += 1) {
    const goal = callers.answered + options.callsPerKill;
    const calling = callers.callUntilStopped(round, replica);
    await until("enough was answered", () => callers.answered >= goal);
    await authority.kill("SIGKILL");
    await authority.start();
    await until("calls are answered again", () => callers.answered >= goal + options.callsPerKill);
    callers.stop();
    await calling;
  }
  replica.stop();
  return callers.judgement();
}

class Callers {
  readonly #authority: AuthorityProcess;
  readonly #history: Noted[] = [];
  #clock = 0;
  #stopped = true;
  #names = 0;
  #repeated = 0;
  #readAtReplicas = 0;
  answered = 0;

  constructor(authority: AuthorityProcess) {
    this.#authority = authority;
  }

  stop(): void {
    this.#stopped = true;
  }

  async callUntilStopped(round: number, replica: StateSync<RegisterState>): Promise<void> {
    this.#stopped = false;
    const callers = Array.from({ length: CALLERS }, async (_, caller) => {
      while (!this.#stopped) await this.#callOnce(`caller-${caller}`, round, replica);
    });
    await Promise.all(callers);
    for (let object = 0; object < OBJECTS; object += 1) {
      await this.#once("the last reader", { object: `register-${round}-${object}`, do: "read" });
      await this.#once("the last reader", { object: `counter-${round}-${object}`, do: "count" });
    }
  }

  async #callOnce(client: string, round: number, replica: StateSync<RegisterState>): Promise<void> {
    const number = `${round}-${Math.floor(Math.random() * OBJECTS)}`;
    const what = (["swap", "swap", "read", "add", "add", "count"] as const)[Math.floor(Math.random() * 6)] ?? "read";
    this.#names += 1;
    if (what === "add")
      return this.#untilAnswered(client, { object: `counter-${number}`, do: "add", key: `${this.#names}` });
    if (what === "count") return void (await this.#once(client, { object: `counter-${number}`, do: "count" }));
    const object = `register-${number}`;
    if (what === "read") return void (await this.#once(client, { object, do: "read" }));
    const swapped = await this.#once(client, { object, do: "swap", value: this.#names });
    if (swapped !== null) await this.#readAtReplica(swapped, replica);
  }

  /** Adds under one key. It hangs up on every third try, so that its answer is lost. */
  async #untilAnswered(client: string, input: Input): Promise<void> {
    for (let tries = 0; !this.#stopped; tries += 1) {
      if (tries > 0) this.#repeated += 1;
      if ((await this.#once(client, input, Math.random() < 0.3)) !== null) return;
    }
  }

  /** Null means that no answer came, or one that says that nothing was done. */
  async #once(client: string, input: Input, hangsUp = false): Promise<{ operation: Noted; told: Told } | null> {
    const operation: Noted = { client, input, calledAt: this.#tick(), answeredAt: null, output: null };
    this.#history.push(operation);
    const answer = await this.#post(input, hangsUp);
    if (answer === "refused") this.#history.splice(this.#history.indexOf(operation), 1);
    if (answer === "refused" || answer === null) {
      await new Promise((resolve) => setTimeout(resolve, 5)); // The process may be gone: there is no need to hurry.
      return null;
    }
    Object.assign(operation, { answeredAt: this.#tick(), output: answer.output });
    this.answered += 1;
    return { operation, told: answer };
  }

  async #post(input: Input, hangsUp: boolean): Promise<Told | "refused" | null> {
    const hangUp = new AbortController();
    try {
      const options = { method: "POST", body: JSON.stringify(input), signal: hangUp.signal };
      const answer = fetch(this.#authority.url("/"), options);
      if (hangsUp) setTimeout(() => hangUp.abort(), Math.random() * 3);
      const response = await answer;
      if (response.status === 503) return "refused";
      return response.ok ? ((await response.json()) as Told) : null;
    } catch {
      return null;
    }
  }

  /** Once a replica has got there, it shows nothing older than the caller's own call. */
  async #readAtReplica(swapped: { operation: Noted; told: Told }, replica: StateSync<RegisterState>): Promise<void> {
    const { operation: sees, told } = swapped;
    if (told.position === null) return;
    await replica.reached(told.position);
    const input: Input = { object: sees.input.object, do: "read" };
    const output = valueIn(replica.state, input);
    this.#history.push({ client: "replica", input, calledAt: sees.calledAt, answeredAt: this.#tick(), output, sees });
    this.#readAtReplicas += 1;
  }

  #tick(): number {
    this.#clock += 1;
    return this.#clock;
  }

  judgement(): Judgement {
    return {
      problem: notLinearizable(this.#history),
      answered: this.answered,
      neverAnswered: this.#history.filter(({ answeredAt }) => answeredAt === null).length,
      repeated: this.#repeated,
      readAtReplicas: this.#readAtReplicas,
    };
  }
}
