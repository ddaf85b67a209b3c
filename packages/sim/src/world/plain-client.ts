/** The seed's thirty lines: a client of the plain profile that knows gap and drift, and nothing else. */

import type { Timer } from "@neverstale/base";
import type { ConnectionEvents } from "@neverstale/client";
import type { Change, StateRecord } from "@neverstale/protocol";
import type { OracleState } from "../checks/history.ts";
import { reduce } from "../checks/oracle.ts";
import { difference } from "../checks/same-state.ts";
import type { ConnectionWatch, SimConnection } from "../network/connection.ts";
import type { WireMessage } from "../network/frames.ts";
import { type AuthorityEnd, Network, type NetworkConfig } from "../network/network.ts";
import { withOtherVersion } from "../network/tamper.ts";
import type { Random } from "../plan/random.ts";
import type { Models } from "../plan/releases.ts";
import type { Surroundings } from "./surroundings.ts";

export class PlainClient implements ConnectionWatch {
  readonly name: string;
  readonly network: Network;
  readonly jumpedAt = Number.NEGATIVE_INFINITY;
  version = NOTHING_YET;
  readonly #world: Surroundings;
  readonly space: string;
  readonly #random: Random;
  #connection: SimConnection | null = null;
  #state: OracleState = {};
  #retry: Timer | null = null;
  #left = false;

  constructor(world: Surroundings, authority: AuthorityEnd, { name, space, network }: PlainConfig) {
    this.#world = world;
    this.name = name;
    this.space = space;
    this.#random = world.random.fork(`plain ${name}`);
    world.sessions.add(name, false);
    this.network = new Network(world, authority, network, name);
    this.connect();
  }

  get now(): number {
    return this.#world.clock.now;
  }

  get connected(): boolean {
    return this.#connection?.isOpen === true;
  }

  connect(): void {
    this.#retry = null;
    this.version = NOTHING_YET;
    const url = this.space === "main" ? "ws://sim/sync" : `ws://sim/sync/${this.space}`;
    const events: ConnectionEvents = {
      opened: () => {},
      received: (frame) => {
        if (this.#connection === connection) this.#receive(connection, frame as string);
      },
      closed: () => {
        if (this.#connection === connection) this.#comeBack();
      },
    };
    const connection = this.network.connect(url, [], events, this);
    this.#connection = connection;
  }

  #comeBack(): void {
    this.#connection = null;
    if (!this.#left) this.#retry ??= this.#world.clock.after(RECONNECT_MS, () => this.connect());
  }

  /** It closes what it has and comes back, like a user who loads the page anew. */
  reload(): void {
    this.#connection?.closeByClient();
    this.#comeBack();
  }

  leave(): void {
    this.#left = true;
    this.#retry?.cancel();
    this.#connection?.closeByClient();
    this.#connection = null;
  }

  arrives(connection: SimConnection, message: WireMessage): readonly WireMessage[] {
    this.#world.trace.line(this.#world.clock.now, `${connection.id} > ${message.mark}`);
    const how = connection.tamper;
    if (how === null || connection.clientDone) return [message];
    if (how === "alter" && message.type !== "delta" && message.type !== "sync") return [message];
    connection.tamper = null;
    connection.meddledWith = true;
    this.#world.counters.add(`meddled_plain_${how}`);
    if (how === "alter") return [withOtherVersion(message, this.version, this.#random)];
    return how === "swallow" ? [] : [message, message];
  }

  #receive(connection: SimConnection, text: string): void {
    const message = JSON.parse(text) as PlainMessage;
    switch (message.type) {
      case "init":
      case "full_state":
        this.#state = stateFrom(message.payload);
        this.version = message.version;
        break;
      case "delta":
        if (message.version !== this.version + 1) return connection.say('{"type":"get_state"}');
        this.#state = reduce((connection.models as Models).of(this.space), this.#state, message.payload);
        this.version = message.version;
        break;
      case "sync":
        if (message.version !== this.version) return connection.say('{"type":"get_state"}');
    }
    this.#world.trace.line(this.now, `${this.name} shows ${this.version}`);
    this.#check(connection);
  }

  /** By promise P1 it shows what was true. */
  #check({ id, follows }: SimConnection): void {
    if (follows === null) return;
    const moment = follows()?.moments[this.version] ?? null;
    if (moment === null) return this.#world.fail("A1", `${id} shows ${this.version}, which was never durable`);
    const where = difference(this.#state, moment.state);
    if (where !== null) this.#world.fail("P1", `${id} at ${this.version} shows another ${where}`);
  }
}

export interface PlainConfig {
  readonly name: string;
  /** It follows this space. */
  readonly space: string;
  readonly network: NetworkConfig;
}

const RECONNECT_MS = 1_000;
/** A connection begins anew, because nobody says which history its versions belong to. */
const NOTHING_YET = -1;

type PlainMessage =
  | { readonly type: "init" | "full_state"; readonly version: number; readonly payload: Record<string, StateRecord[]> }
  | { readonly type: "delta"; readonly version: number; readonly payload: Change }
  | { readonly type: "sync"; readonly version: number };

function stateFrom(payload: Record<string, StateRecord[]>): OracleState {
  return Object.fromEntries(
    Object.entries(payload).map(([name, records]) => [name, new Map(records.map((record) => [record.id, record]))]),
  );
}
