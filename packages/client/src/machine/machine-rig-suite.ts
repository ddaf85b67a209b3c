import type {
  ClientMessage,
  Diff,
  FullStateMessage,
  Lineage,
  ServerMessage,
  StateRecord,
  SyncMessage,
} from "@neverstale/protocol";
import { ReplicaRecords } from "../records/replica-records.ts";
import { type InitialOptions, initialSyncState, type SyncEffect, type SyncState } from "./state.ts";
import { type SyncStatus, statusOf } from "./status.ts";
import { nextWake, type SyncInput, transition } from "./transition.ts";

export const BEACON_MS = 30_000;

export interface FullOptions {
  readonly type?: "init" | "full_state";
  readonly epoch?: string;
  readonly space?: string;
  readonly model?: number;
  readonly lineage?: Lineage;
  readonly hosts?: readonly StateRecord[];
  readonly beaconMs?: number;
}

/** A full state of one collection, `hosts`. */
export function full(version: number, options: FullOptions = {}): FullStateMessage {
  const { type = "init", epoch = "e1", space = "c1", model = 1, hosts = [], beaconMs = BEACON_MS } = options;
  const lineage = options.lineage ?? [[epoch, version] as const];
  return { type, version, epoch, space, model, digest: "0".repeat(16), beaconMs, lineage, payload: { hosts } };
}

export function delta(from: number, version: number, payload: Diff = {}): ServerMessage {
  return { type: "delta", from, version, payload };
}

export function hostPut(id: string, cpu = 0): Diff {
  return { hosts: { put: [{ id, cpu }] } };
}

/** A control state, the records, and a clock moved by hand: effects on records are carried out, the others noted. */
export class MachineRig {
  readonly records = new ReplicaRecords();
  state: SyncState;
  now = 1_000;
  chance = 0.5;
  /** Of all steps so far. */
  readonly effects: SyncEffect[] = [];

  constructor(options: InitialOptions = {}) {
    this.state = initialSyncState(options);
  }

  /** Returns the effects of this step. */
  input(input: SyncInput): readonly SyncEffect[] {
    const { state, effects } = transition(this.state, input, this.now, this.chance);
    this.state = state;
    for (const effect of effects) {
      if (effect.type === "apply") this.records.apply(effect.delta);
      if (effect.type === "replace") this.records.replace(effect.full);
      if (effect.type === "clear") this.records.clear();
    }
    this.effects.push(...effects);
    return effects;
  }

  receive(
    message: ServerMessage | null,
    { socket = this.state.socket, sizeBytes = 100, fromParts = false } = {},
  ): readonly SyncEffect[] {
    const facts = this.records.factsFor(message, this.state.position?.version);
    return this.input({ type: "received", socket, message, sizeBytes, fromParts, facts });
  }

  /** A part of a message of 1,000 bytes (rule M9). */
  receivePart(receivedBytes: number, { socket = this.state.socket, sizeBytes = 100 } = {}): readonly SyncEffect[] {
    return this.input({ type: "received_part", socket, progress: { receivedBytes, totalBytes: 1_000 }, sizeBytes });
  }

  /** A `sync` at the replica's own version and with its own digest, unless said otherwise. */
  sync(members: Partial<SyncMessage> = {}): readonly SyncEffect[] {
    const version = members.version ?? this.state.position?.version ?? 0;
    const head = Math.max(version, members.head ?? 0);
    return this.receive({ type: "sync", digest: this.records.digest(), ...members, version, head });
  }

  /** Starts, if that has not happened, and opens the socket being dialled. */
  open(): this {
    if (this.state.phase.type === "idle") this.input({ type: "start", user: this.state.user });
    this.input({ type: "opened", socket: this.state.socket });
    return this;
  }

  /** A connection that is level at `version`. */
  live(version = 5, options: FullOptions = {}): this {
    this.open();
    this.receive(full(version, options));
    this.sync();
    return this;
  }

  closed(code = 1006): readonly SyncEffect[] {
    return this.input({ type: "closed", socket: this.state.socket, code });
  }

  /** Lets time pass, waking whenever `nextWake` asks for it; returns the effects. */
  pass(ms: number): readonly SyncEffect[] {
    const until = this.now + ms;
    const effects: SyncEffect[] = [];
    for (let wakes = 0; wakes < 1_000; wakes++) {
      const at = nextWake(this.state, this.now);
      if (at === null || at > until) {
        this.now = until;
        return effects;
      }
      this.now = Math.max(this.now, at);
      effects.push(...this.input({ type: "woke" }));
    }
    throw new Error("nextWake asks for more than woke settles");
  }

  get status(): SyncStatus {
    return statusOf(this.state, this.now);
  }

  get hosts(): ReadonlyMap<string, StateRecord> {
    return this.records.state.hosts ?? new Map();
  }
}

export function sent(effects: readonly SyncEffect[]): ClientMessage[] {
  return effects.flatMap((effect) => (effect.type === "send" ? [effect.message] : []));
}

export function types(effects: readonly SyncEffect[]): string[] {
  return effects.map((effect) => (effect.type === "send" ? effect.message.type : effect.type));
}
