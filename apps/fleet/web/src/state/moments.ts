/** The page shows the state at a moment: live, held while changes go on behind it, or past, as the server has given it. */

import type { SessionSyncOptions } from "@neverstale/fleet-client";
import type { FleetReplica } from "./replica-hooks.ts";

export type ShownMoment =
  | { readonly kind: "live"; readonly version: null; readonly at: null }
  | {
      readonly kind: "held" | "past";
      readonly version: number;
      /** The server's clock said this then, in milliseconds since 1970. */
      readonly at: number;
    };

/** It is what a replica takes as `initial`: all records at one version. */
export type StillState = NonNullable<SessionSyncOptions["initial"]>;

/** It returns a replica that follows nothing and shows this state for ever. */
export type MakeStill = (state: StillState) => FleetReplica;

export const LIVE: ShownMoment = { kind: "live", version: null, at: null };

/** The hooks read another replica at each moment. The live one follows the server all the time, whatever is shown. */
export interface ShownAt {
  readonly moment: ShownMoment;
  readonly replica: FleetReplica;
}

export class Moments {
  readonly live: FleetReplica;
  readonly #still: MakeStill;
  readonly #listeners = new Set<() => void>();
  #shown: ShownAt;

  constructor(live: FleetReplica, still: MakeStill) {
    this.live = live;
    this.#still = still;
    this.#shown = { moment: LIVE, replica: live };
  }

  get shown(): ShownAt {
    return this.#shown;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Keeps what is shown now. It does nothing where there is nothing yet, or where a moment is shown already. */
  hold(): void {
    const { position } = this.live;
    if (position === null || this.#shown.moment.kind !== "live") return;
    this.#show("held", this.live.serverNow(), stillOf(this.live, position));
  }

  /** Shows a state of the past that the server has given. */
  look(state: StillState, at: number): void {
    this.#show("past", at, state);
  }

  resume(): void {
    if (this.#shown.moment.kind === "live") return;
    this.#set({ moment: LIVE, replica: this.live });
  }

  #show(kind: "held" | "past", at: number, state: StillState): void {
    const moment: ShownMoment = { kind, version: state.version, at };
    this.#set({ moment, replica: replicaAt(moment, this.live, this.#still(state)) });
  }

  #set(shown: ShownAt): void {
    this.#shown = shown;
    for (const listener of this.#listeners) listener();
  }
}

/** Records are never altered, so a state is kept by keeping its lists. */
function stillOf(replica: FleetReplica, position: NonNullable<FleetReplica["position"]>): StillState {
  const names = Object.keys(replica.state) as (keyof FleetReplica["state"])[];
  const payload = Object.fromEntries(names.map((name) => [name, replica.list(name)]));
  return { ...position, payload: payload as unknown as StillState["payload"] };
}

/**
 * It reads as the still replica does, and else is the live one: its view says how the connection stands, and what is asked of the
 * server goes through it. In the past nothing is asked for.
 */
function replicaAt({ kind, at }: ShownMoment, live: FleetReplica, still: FleetReplica): FleetReplica {
  const own: Partial<Record<string | symbol, unknown>> = {
    state: still.state,
    source: still.source,
    list: (...[collection]: Parameters<FleetReplica["list"]>) => still.list(collection),
    subscribeCollection: () => leaveNothing,
    subscribeRecord: () => leaveNothing,
    serverNow: () => at,
  };
  if (kind === "past") for (const name of ACTIONS) own[name] = refuse;
  return new Proxy(live, {
    get: (target, name) => {
      if (Object.hasOwn(own, name)) return own[name];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

function leaveNothing(): void {}

function refuse(): Promise<never> {
  return Promise.reject(new Error(READ_ONLY_WORDS));
}

export const READ_ONLY_WORDS = "The page shows the past, where nothing can be done. Go back to now first.";

const ACTIONS = [
  "dispatchOp",
  "dispatchPipeline",
  "cancelCommand",
  "cancelRun",
  "cancelPipeline",
  "retryPipeline",
  "acknowledgeAlert",
  "resolveAlert",
  "silence",
  "endSilence",
  "mutate",
] as const satisfies readonly (keyof FleetReplica)[];
