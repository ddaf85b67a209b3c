/** A snapshot is the state of a space at one version, encoded once and shared (rule A8). */

import { fullStatePieces, plainFullStatePieces, SyncError } from "@neverstale/protocol";
import type { Capture, Space } from "../../space/space.ts";
import type { HubParts } from "../hub-parts.ts";
import type { LargeFrame } from "../wire.ts";

/** It holds the newest snapshot of each kind, and at most one build that runs and one that waits. */
export class Snapshots {
  readonly #space: Space;
  readonly #parts: HubParts;
  readonly #newest = new Map<SnapshotKind, Snapshot>();
  readonly #builds = new Map<SnapshotKind, Build[]>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(space: Space, parts: HubParts) {
    this.#space = space;
    this.#parts = parts;
  }

  get isBuilding(): boolean {
    for (const builds of this.#builds.values()) if (builds.length > 0) return true;
    return false;
  }

  newest(kind: SnapshotKind): Snapshot | null {
    return this.#newest.get(kind) ?? null;
  }

  /** It resolves with a snapshot at or above a version that has been committed, or rejects with `snapshot_failed`. */
  atLeast(version: number, kind: SnapshotKind): Promise<Snapshot> {
    const newest = this.newest(kind);
    if (newest !== null && newest.version >= version) return Promise.resolve(newest);
    const builds = this.#builds.get(kind) ?? [];
    for (const build of builds) if (build.version === null || build.version >= version) return build.result;
    return this.#build(kind, builds).result;
  }

  #build(kind: SnapshotKind, builds: Build[]): Build {
    const result = this.#last.then(() => this.#run(build));
    const build: Build = { kind, version: null, result };
    builds.push(build);
    this.#builds.set(kind, builds);
    this.#last = result.catch(() => {});
    return build;
  }

  async #run(build: Build): Promise<Snapshot> {
    try {
      const capture = this.#space.capture();
      build.version = capture.version;
      this.#parts.metrics.snapshotBuilds += 1;
      const frame = await this.#parts.frames.encodeLarge(
        this.#pieces(build.kind, capture),
        !build.kind.startsWith("plain"),
      );
      const snapshot = { version: capture.version, frame };
      this.#newest.set(build.kind, snapshot);
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
    if (kind.startsWith("plain")) return plainFullStatePieces(type, version, collections);
    const { groups, beaconMs } = this.#parts;
    const { epoch } = groups;
    const space = this.#space.creationId;
    const { model } = this.#space.model;
    const lineage = this.#space.lineage.toWire(version);
    return fullStatePieces({ type, version, epoch, space, model, digest, beaconMs, lineage }, collections);
  }
}

/** These messages carry a whole state. Each has its own bytes, so each is encoded for itself. */
export type SnapshotKind = "init" | "full_state" | "plain_init" | "plain_full_state";

export interface Snapshot {
  readonly version: number;
  readonly frame: LargeFrame;
}

/** A state that could not be built is worth asking for again after so long. */
const RETRY_AFTER_MS = 5_000;

interface Build {
  readonly kind: SnapshotKind;
  /** It is null while the build waits for its turn, since its version is decided when it starts. */
  version: number | null;
  readonly result: Promise<Snapshot>;
}

/** A reason that is meant for the reader goes to them with what to do about it. Any other stays here. */
function snapshotFailed(cause: unknown): SyncError {
  const isSaid = cause instanceof SyncError && cause.code === "snapshot_failed";
  const message = isSaid ? cause.message : "the full state could not be built";
  const hint = isSaid ? cause.hint : "";
  return new SyncError("snapshot_failed", message, { hint, retryAfterMs: RETRY_AFTER_MS, cause });
}
