/** The lines of `watch` say what moved in a replica, and how fresh the replica is. */

import type { SyncStatus } from "@neverstale/client";
import type { AnyState } from "@neverstale/protocol";
import { jsonOf, lineOf, Shadow } from "./moves.ts";
import { statusLine } from "./status-line.ts";

/** This is a replica at one look. */
export interface ReplicaSight {
  readonly state: AnyState;
  readonly version: number;
  /** This is null until the state has been seen. */
  readonly epoch: string | null;
  readonly status: SyncStatus;
}

export class ReplicaLines {
  readonly #collections: readonly string[];
  readonly #json: boolean;
  readonly #shadow = new Shadow();
  #status = "";
  #seen = false;

  /** `json` makes each line one JSON object. */
  constructor(collections: readonly string[], json: boolean) {
    this.#collections = collections;
    this.#json = json;
  }

  /** Returns one line for each record that moved since the last call, and one for a new status. Each begins with `time`. */
  next(sight: ReplicaSight, time: string): string[] {
    const lines = [...this.#moveLines(sight, time), ...this.#statusLines(sight, time)];
    this.#seen ||= sight.epoch !== null;
    return lines;
  }

  /** The first state is summed up: each of its records would be news. */
  #moveLines({ state, version, epoch }: ReplicaSight, time: string): string[] {
    const moves = this.#shadow.moves(state, this.#collections);
    if (this.#json) return moves.map((move) => jsonOf(move, version));
    if (this.#seen) return moves.map((move) => `${time} v${version} ${lineOf(move)}`);
    return epoch === null ? [] : [`${time} v${version} ${this.#summary(state)}`];
  }

  #statusLines({ status, version, epoch }: ReplicaSight, time: string): string[] {
    const line = statusLine(status);
    if (line === this.#status) return [];
    this.#status = line;
    return [this.#json ? JSON.stringify({ status, version, epoch }) : `${time} v${version} = ${line}`];
  }

  #summary(state: AnyState): string {
    return this.#collections.map((name) => `${state[name]?.size ?? 0} ${name}`).join(", ");
  }
}
