/** The shown states are all that clients have shown: at which position, and with what digest. */

import assert from "node:assert/strict";
import type { StateSync } from "@neverstale/client";
import type { State } from "../../../engine/authority.ts";
import type { History } from "./history.ts";

interface Shown {
  readonly epoch: string;
  readonly version: number;
  readonly digest: string;
}

export class ShownStates {
  readonly #byPosition = new Map<string, Shown>();
  readonly #conflicts: string[] = [];

  watch(client: StateSync<State>): void {
    client.subscribe(() => {
      const { epoch, version } = client;
      if (epoch !== null) this.note({ epoch, version, digest: client.digest() });
    });
  }

  note(shown: Shown): void {
    const position = `${shown.epoch} ${shown.version}`;
    const before = this.#byPosition.get(position);
    if (before === undefined) this.#byPosition.set(position, shown);
    else if (before.digest !== shown.digest) this.#conflicts.push(position);
  }

  /**
   * Judges all that was shown by what the database holds in the end. It returns how many positions are in that history, and how
   * many were lost with the database's tail: those lie beyond `lostFrom`, which is null when the database has lost nothing.
   */
  judge(history: History, lostFrom: number | null): { readonly right: number; readonly lost: number } {
    assert.deepEqual(this.#conflicts, [], "two states were shown at one position");
    let right = 0;
    let lost = 0;
    for (const { epoch, version, digest } of this.#byPosition.values()) {
      if (history.holds(epoch, version) || (lostFrom !== null && version <= lostFrom)) {
        assert.equal(digest, history.digestAt(version), `a wrong state was shown at version ${version} of ${epoch}`);
        right += 1;
      } else {
        assert.notEqual(lostFrom, null, `version ${version} of ${epoch} was shown, and is not in the history`);
        lost += 1;
      }
    }
    assert.ok(right > 0, "something was shown");
    return { right, lost };
  }
}
