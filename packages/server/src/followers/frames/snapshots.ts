/** A snapshot is the state of a space at one version, encoded once and shared (rule A8). */

import { fullStatePieces, plainFullStatePieces, SyncError } from "@neverstale/protocol";
import type { Capture, Readable } from "../../space/readable.ts";
import { ViewedSpace } from "../../space/views/viewed-space.ts";
import type { HubParts } from "../hub-parts.ts";
import type { Keeper, ViewMemory } from "../views/view-memory.ts";
import type { LargeFrame } from "../wire.ts";
import { factsOf } from "./history-facts.ts";

/** It holds the newest snapshot of each kind, and at most one build that runs and one that waits. */
export class Snapshots implements Keeper {
  readonly #readable: Readable;
  readonly #parts: HubParts;
  readonly #newest = new Map<SnapshotKind, Snapshot>();
  readonly #builds = new Map<SnapshotKind, Build[]>();
  #last: Promise<unknown> = Promise.resolve();
  /** It is null for a whole space, which has its own turn and keeps what it has. */
  readonly #memory: ViewMemory | null;

  constructor(readable: Readable, parts: HubParts) {
    this.#readable = readable;
    this.#parts = parts;
    this.#memory = readable instanceof ViewedSpace ? parts.viewMemory : null;
  }

  letGo(): void {
    this.#newest.clear();
  }

  /** Nobody follows the view any more. */
  stop(): void {
    this.letGo();
    this.#memory?.snapshots.note(this, 0);
  }

  #keep(kind: SnapshotKind, snapshot: Snapshot): void {
    this.#newest.set(kind, snapshot);
    const bytes = [...this.#newest.values()].reduce((sum, { frame }) => sum + frame.sizeBytes, 0);
    this.#memory?.snapshots.note(this, bytes);
  }

  get isBuilding(): boolean {
    for (const builds of this.#builds.values()) if (builds.length > 0) return true;
    return false;
  }

  /** One that tells of an earlier epoch is of no use any more: its reader may have been told a later one (rule E7). */
  newest(kind: SnapshotKind): Snapshot | null {
    const newest = this.#newest.get(kind);
    return newest === undefined || this.#isOver(kind, newest.epoch) ? null : newest;
  }

  /** The plain profile tells no epoch. */
  #isOver(kind: SnapshotKind, epoch: string): boolean {
    return !isPlain(kind) && epoch !== this.#parts.groups.epoch;
  }

  /** It resolves with a snapshot at or above a version that has been committed, or rejects with `snapshot_failed`. */
  atLeast(version: number, kind: SnapshotKind): Promise<Snapshot> {
    const newest = this.newest(kind);
    if (newest !== null && newest.version >= version) return Promise.resolve(newest);
    const builds = this.#builds.get(kind) ?? [];
    for (const build of builds) if (this.#serves(build, version)) return build.result;
    return this.#build(kind, builds).result;
  }

  /** A build that waits for its turn serves everyone. */
  #serves({ kind, captured }: Build, version: number): boolean {
    return captured === null || (captured.version >= version && !this.#isOver(kind, captured.epoch));
  }

  #build(kind: SnapshotKind, builds: Build[]): Build {
    const before = this.#memory === null ? this.#last : this.#memory.lastBuild;
    const result = before.then(() => this.#run(build));
    const build: Build = { kind, captured: null, result };
    builds.push(build);
    this.#builds.set(kind, builds);
    this.#last = result.catch(() => {});
    if (this.#memory !== null) this.#memory.lastBuild = this.#last;
    return build;
  }

  async #run(build: Build): Promise<Snapshot> {
    try {
      const capture = this.#readable.capture();
      const { version } = capture;
      const { epoch } = this.#parts.groups;
      build.captured = { version, epoch };
      this.#parts.metrics.snapshotBuilds += 1;
      const frame = await this.#parts.frames.encodeLarge(this.#pieces(build.kind, capture), !isPlain(build.kind));
      const snapshot = { version, epoch, frame };
      this.#keep(build.kind, snapshot);
      return snapshot;
    } catch (cause) {
      this.#parts.metrics.snapshotFailures += 1;
      throw snapshotFailed(cause);
    } finally {
      const builds = this.#builds.get(build.kind) ?? [];
      builds.splice(builds.indexOf(build), 1);
    }
  }

  /** It returns the message's text, piece by piece. Records that have moved on since the capture are still at hand. */
  #pieces(kind: SnapshotKind, { version, digest, collections }: Capture): Generator<string> {
    const type = kind.endsWith("init") ? "init" : "full_state";
    if (isPlain(kind)) return plainFullStatePieces(type, version, collections);
    return fullStatePieces(
      { type, version, ...factsOf(this.#readable, this.#parts, version, version), digest },
      collections,
    );
  }
}

/** These messages carry a whole state. Each has its own bytes, so each is encoded for itself. */
export type SnapshotKind = "init" | "full_state" | "plain_init" | "plain_full_state";

export interface Snapshot {
  readonly version: number;
  /** It was captured in this epoch. */
  readonly epoch: string;
  readonly frame: LargeFrame;
}

/** A state that could not be built is worth asking for again after so long. */
const RETRY_AFTER_MS = 5_000;

function isPlain(kind: SnapshotKind): boolean {
  return kind.startsWith("plain");
}

interface Build {
  readonly kind: SnapshotKind;
  /** It is null while the build waits for its turn, since this is decided when it starts. */
  captured: Pick<Snapshot, "version" | "epoch"> | null;
  readonly result: Promise<Snapshot>;
}

/** A reason that is meant for the reader goes to them with what to do about it. Any other stays here. */
function snapshotFailed(cause: unknown): SyncError {
  const isSaid = cause instanceof SyncError && cause.code === "snapshot_failed";
  const message = isSaid ? cause.message : "the full state could not be built";
  const hint = isSaid ? cause.hint : "";
  return new SyncError("snapshot_failed", message, { hint, retryAfterMs: RETRY_AFTER_MS, cause });
}
