/** Dispatches are what one client has asked for over HTTP, each carried to its end, and what the end must mean. */

import { type EffectPosition, effectPosition, type Replica, request } from "@neverstale/client";
import { SyncError } from "@neverstale/protocol";
import type { AuthorityEnd, Network } from "../network/network.ts";
import type { Surroundings } from "./surroundings.ts";

export class Dispatches {
  /** So many dispatches are not at their end. */
  open = 0;
  readonly #world: Surroundings;
  readonly #authority: AuthorityEnd;
  readonly #client: DispatchingClient;

  constructor(world: Surroundings, authority: AuthorityEnd, client: DispatchingClient) {
    this.#world = world;
    this.#authority = authority;
    this.#client = client;
  }

  /** It starts a command on hosts, and waits until the replica shows it. */
  async dispatch(hosts: readonly string[], timeoutMs: number): Promise<void> {
    this.open += 1;
    this.#world.counters.add("dispatches");
    const key = this.#world.newId();
    let goOn = true;
    for (let repeats = 0; goOn && repeats < MOST_REPEATS; repeats += 1) goOn = await this.#once(key, hosts, timeoutMs);
    this.open -= 1;
  }

  /** It returns true when the dispatch has to be repeated with its key (rule D2). */
  async #once(key: string, hosts: readonly string[], timeoutMs: number): Promise<boolean> {
    const { restores } = this.#world;
    const { epochs } = this.#authority;
    const answer = await this.#post(key, hosts, timeoutMs);
    if (answer === null) return false;
    // A replica is told of sixteen epochs, and an older one may be in the history without its knowing. So may today's be
    // when somebody swallowed the message that tells of it.
    const mayBeLost = () =>
      this.#world.restores > restores || this.#authority.epochs - epochs >= 15 || this.#client.meddledWith;
    return (await this.#follow(key, answer, mayBeLost)) === "history_lost";
  }

  async #post(key: string, hosts: readonly string[], timeoutMs: number): Promise<EffectPosition | null> {
    try {
      const body = { op: "restart", hosts };
      const answer = await request(this.#client.driver.route("/api/dispatch"), body, {
        idempotencyKey: key,
        timeoutMs,
      });
      return effectPosition(answer);
    } catch (error) {
      this.#refused(this.#storedKey(key), error);
      return null;
    }
  }

  #storedKey(key: string): string {
    return `${this.#client.name} /api/dispatch ${key}`;
  }

  /** By rule D3 only what is unknown may have happened. */
  #refused(key: string, error: unknown): void {
    const code = error instanceof SyncError ? error.code : String(error);
    this.#world.counters.add(`dispatch_${code}`);
    if (code === "unreachable" || code === "outcome_unknown" || this.#client.network.http.double > 0) return;
    const main = this.#world.disk.branch.spaces.get("main");
    if (main === undefined || main.effectsUnder(key, main.head.version) === 0) return;
    this.#world.fail("D3", `${key} is said to have failed with ${code}, and has not`);
  }

  async #follow(key: string, answer: EffectPosition, mayBeLost: () => boolean): Promise<WaiterEnd> {
    try {
      await this.#client.driver.reached(answer);
    } catch (error) {
      const code = error instanceof SyncError ? error.code : String(error);
      this.#world.counters.add(`reached_${code}`);
      if (code === "closed") return "closed";
      if (code === "history_lost" && mayBeLost()) return "history_lost";
      this.#world.fail("D2", `${key} at ${answer.epoch} ${answer.version} ends as ${code}`);
      return "closed";
    }
    this.#world.counters.add("reached");
    this.#checkReached(this.#storedKey(key), answer);
    return "reached";
  }

  /** By rule D2 the effect is in what is shown, and in its history. A tab on another space has nothing to show of it. */
  #checkReached(key: string, answer: EffectPosition): void {
    const { position } = this.#client.driver;
    const history = position === null ? null : this.#world.oracle.historyOf(position);
    const shown = position === null ? 0 : (history?.effectsUnder(key, position.version) ?? 0);
    if (shown === 1) return;
    this.#world.fail("D2", `${key} at ${answer.epoch} ${answer.version} is reached and not shown`);
  }
}

/** This client dispatches, and waits until its replica shows the effect. */
export interface DispatchingClient {
  readonly name: string;
  readonly driver: Pick<Replica, "route" | "position" | "reached">;
  readonly network: Network;
  readonly meddledWith: boolean;
}

type WaiterEnd = "reached" | "history_lost" | "closed";

/** After so many repeats of one dispatch whose history was lost, the caller gives up. */
const MOST_REPEATS = 6;
