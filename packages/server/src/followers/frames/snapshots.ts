import { fullStatePieces, plainFullStatePieces, SyncError } from "@neverstale/protocol";
import type { Capture, Space } from "../../space/space.ts";
import type { HubParts } from "../hub-parts.ts";
import type { LargeFrame } from "../wire.ts";

/** The messages that carry a whole state. Each has its own bytes, so each is encoded for itself. */
export type SnapshotKind = "init" | "full_state" | "plain_init" | "plain_full_state";

/** The state at one version, encoded once and shared (rule A8). */
export interface Snapshot {
  readonly version: number;
  readonly frame: LargeFrame;
}

/** How soon a state that could not be built is worth asking for again. */
const RETRY_AFTER_MS = 5_000;

interface Build {
  readonly kind: SnapshotKind;
  /** Null while it waits for its turn: its version is decided when it starts. */
  version: number | null;
  readonly result: Promise<Snapshot>;
}

/** The snapshots of one space: of each kind the newest one, and at most one build that runs and one that waits. */
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

  /** A snapshot at or above a version that has been committed; rejects with `snapshot_failed`. */
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

  /** The message's text, piece by piece. Records that have moved on since the capture are still at hand. */
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

/** A reason that is meant for whoever asked goes to them with what to do about it; any other stays here. */
function snapshotFailed(cause: unknown): SyncError {
  const isSaid = cause instanceof SyncError && cause.code === "snapshot_failed";
  const message = isSaid ? cause.message : "the full state could not be built";
  const hint = isSaid ? cause.hint : "";
  return new SyncError("snapshot_failed", message, { hint, retryAfterMs: RETRY_AFTER_MS, cause });
}
