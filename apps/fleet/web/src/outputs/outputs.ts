/** The outputs that are open are kept here, outside React. What reads them comes after the first paint. */

import type { StateSync } from "@neverstale/client";
import type { OutputState } from "@neverstale/fleet-domain";
import { createContext, useContext } from "react";

/** These are the ways to a command's output. */
export interface OutputSources {
  /** It must be started. */
  readonly follow: (commandId: string) => StateSync<OutputState>;
  /** Both reject with an error whose message is a sentence for the visitor. */
  readonly getText: (path: string) => Promise<string>;
  readonly getJson: (path: string) => Promise<unknown>;
}

interface OpenOutput {
  readonly close: () => void;
}

/** Each output that was read stays, so that whoever comes back to a tab goes on from there. */
export class Outputs<Open extends OpenOutput = OpenOutput> {
  readonly sources: OutputSources;
  readonly #open = new Map<string, Open>();

  constructor(sources: OutputSources) {
    this.sources = sources;
  }

  of(commandId: string, open: (sources: OutputSources, commandId: string) => Open): Open {
    const known = this.#open.get(commandId);
    if (known !== undefined) return known;
    const opened = open(this.sources, commandId);
    this.#open.set(commandId, opened);
    return opened;
  }

  /** It forgets all others. */
  keep(commandIds: readonly string[]): void {
    for (const [id, open] of this.#open) {
      if (commandIds.includes(id)) continue;
      open.close();
      this.#open.delete(id);
    }
  }
}

export const OutputsContext = createContext<Outputs | null>(null);

export function useOutputs(): Outputs {
  const outputs = useContext(OutputsContext);
  if (outputs === null) throw new Error("no Outputs around this component");
  return outputs;
}
