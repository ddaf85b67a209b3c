/** Terminal output puts out what a command writes as it comes, each byte once, over cuts and restarts of the server. */

import { setTimeout as delay } from "node:timers/promises";
import type { StateSync } from "@neverstale/client";
import { type Command, type OutputState, type OutputStatus, outputModel } from "@neverstale/fleet-domain";
import { Failure } from "../../command-line/failure.ts";
import type { CommandLineSession } from "../../session/io/session.ts";
import type { OutputSink } from "../output-printer.ts";
import { readOutput } from "./read-output.ts";

/** The output may take so long to show up after the command's end. */
const OUTPUT_MS = 15_000;
/** A server that was just started anew is asked again for so long. */
const AGAIN_MS = 60_000;
const PAUSE_MS = 300;

export class TerminalOutput {
  readonly #session: CommandLineSession;
  readonly #id: string;
  readonly #sink: OutputSink;
  readonly #output: StateSync<OutputState>;
  readonly #unsubscribe: () => void;
  #filling: Promise<void> | null = null;
  #onProgress = () => {};

  constructor(session: CommandLineSession, commandId: string, sink: OutputSink) {
    this.#session = session;
    this.#id = commandId;
    this.#sink = sink;
    this.#output = session.followOutput(commandId, { model: outputModel.model });
    this.#unsubscribe = this.#output.subscribe(() => this.#take());
  }

  /** Resolves once all is put out that the ended command wrote. */
  async toItsEnd({ outputBytes }: Pick<Command, "outputBytes">, signal: AbortSignal): Promise<void> {
    const late = AbortSignal.any([signal, AbortSignal.timeout(OUTPUT_MS)]);
    await new Promise<void>((resolve) => {
      this.#onProgress = () => {
        if (late.aborted || this.#isShown(outputBytes)) resolve();
      };
      late.addEventListener("abort", () => resolve(), { once: true });
      this.#onProgress();
    });
    await this.#filling;
    if (this.#sink.offset < outputBytes) await this.#readRest(signal);
    this.#sink.end();
  }

  stop(): void {
    this.#unsubscribe();
    this.#output.stop();
  }

  #take(): void {
    const chunks = [...this.#output.state.chunks.values()];
    if (this.#filling === null && !this.#sink.print(chunks)) {
      // A cut was longer than the live tail. What fails here is tried again with the next change, and at the end.
      this.#filling = this.#fill().then(
        () => this.#filled(() => this.#take()),
        () => this.#filled(() => this.#onProgress()),
      );
    }
    this.#onProgress();
  }

  #filled(then: () => void): void {
    this.#filling = null;
    then();
  }

  /** Whatever is not stored any more either is said to be missing. */
  async #fill(): Promise<void> {
    for await (const pieces of readOutput(this.#session, this.#id, this.#sink.offset)) this.#sink.printAcross(pieces);
    this.#sink.printAcross(this.#output.state.chunks.values());
  }

  async #readRest(signal: AbortSignal): Promise<void> {
    const late = AbortSignal.any([signal, AbortSignal.timeout(AGAIN_MS)]);
    while (!signal.aborted) {
      try {
        for await (const pieces of readOutput(this.#session, this.#id, this.#sink.offset))
          this.#sink.printAcross(pieces);
        return;
      } catch (error) {
        const isAway = error instanceof Failure && error.cause !== undefined;
        if (late.aborted || !isAway) throw error;
        await delay(PAUSE_MS);
      }
    }
  }

  /** A command that never ran has nothing to show. */
  #isShown(outputBytes: number): boolean {
    const status: OutputStatus | undefined = [...this.#output.state.status.values()][0];
    return (
      hasEnded(this.#output) ||
      this.#sink.offset >= outputBytes ||
      (status?.finished === true && this.#sink.offset >= status.bytes)
    );
  }
}

/** True when the output can't be followed any more. */
function hasEnded({ status }: StateSync<OutputState>): boolean {
  return (status.type === "stale" && status.why !== "unconfirmed") || status.type === "signed_out";
}
