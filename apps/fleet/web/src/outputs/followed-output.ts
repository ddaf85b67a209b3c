/** The output of a command is followed over a connection of its own for as long as somebody looks at it. */

import type { StateSync, SyncView } from "@neverstale/client";
import type { OutputState } from "@neverstale/fleet-domain";
import { OUTPUT_STATUS_ID } from "@neverstale/fleet-domain/schema-free";
import { createContext, useContext } from "react";
import { EMPTY_SCROLLBACK, readChunks, type Scrollback } from "./scrollback.ts";

/** The text that was read stays, so that whoever comes back to a tab goes on from there. */
export class FollowedOutput {
  readonly #sync: StateSync<OutputState>;
  readonly #listeners = new Set<() => void>();
  #snapshot: OutputSnapshot;

  /** `sync` must not have been started. */
  constructor(sync: StateSync<OutputState>) {
    this.#sync = sync;
    this.#snapshot = this.#read(EMPTY_SCROLLBACK);
    sync.subscribe(() => this.#changed());
  }

  get snapshot(): OutputSnapshot {
    return this.#snapshot;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#sync.start();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#sync.stop();
    };
  };

  close(): void {
    this.#sync.stop();
  }

  #changed(): void {
    this.#snapshot = this.#read(this.#snapshot.scrollback);
    for (const listener of this.#listeners) listener();
  }

  #read(before: Scrollback): OutputSnapshot {
    const status = this.#sync.state.status.get(OUTPUT_STATUS_ID);
    const wentBack = status !== undefined && before.offset !== null && status.bytes < before.offset;
    return {
      scrollback: readChunks(wentBack ? EMPTY_SCROLLBACK : before, this.#sync.list("chunks")),
      finished: status?.finished === true,
      view: this.#sync.view,
      confirmedAgeMs: this.#sync.confirmedAgeMs,
    };
  }
}

export interface OutputSnapshot {
  readonly scrollback: Scrollback;
  /** Nothing will be appended any more. */
  readonly finished: boolean;
  readonly view: SyncView;
  readonly confirmedAgeMs: number | null;
}

/** These are the outputs that have a tab. */
export class Outputs {
  readonly #open: (commandId: string) => StateSync<OutputState>;
  readonly #followed = new Map<string, FollowedOutput>();

  constructor(open: (commandId: string) => StateSync<OutputState>) {
    this.#open = open;
  }

  of(commandId: string): FollowedOutput {
    let followed = this.#followed.get(commandId);
    if (followed === undefined) {
      followed = new FollowedOutput(this.#open(commandId));
      this.#followed.set(commandId, followed);
    }
    return followed;
  }

  /** It forgets all others. */
  keep(commandIds: readonly string[]): void {
    for (const [id, followed] of this.#followed) {
      if (commandIds.includes(id)) continue;
      followed.close();
      this.#followed.delete(id);
    }
  }
}

export const OutputsContext = createContext<Outputs | null>(null);

export function useOutputs(): Outputs {
  const outputs = useContext(OutputsContext);
  if (outputs === null) throw new Error("no Outputs around this component");
  return outputs;
}
