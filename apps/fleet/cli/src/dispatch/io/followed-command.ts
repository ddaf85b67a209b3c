/** A followed command shows its output until its end is known and all of the output has been shown. */

import type { StateSync } from "@neverstale/client";
import type { DispatchedCommand } from "@neverstale/fleet-client";
import {
  type Command,
  type Fleet,
  isFinal,
  type OutputState,
  type OutputStatus,
  outputModel,
} from "@neverstale/fleet-domain";
import type { CommandLineSession } from "../../session/io/session.ts";
import { waitUntil } from "../../session/io/wait-until.ts";
import { blockedEnd, type CommandEnd, endText } from "../command-end.ts";
import { OutputPrinter } from "../output-printer.ts";
import { endedCommand } from "./ended-command.ts";

/** The output may take so long to show up after the command's end. */
const OUTPUT_MS = 15_000;

export class FollowedCommand {
  readonly #session: CommandLineSession;
  readonly #sync: StateSync<Fleet>;
  readonly #answer: DispatchedCommand;
  readonly #host: string;
  readonly #printer: OutputPrinter;

  /** `host` is its name. When the command is one of several, the name stands before each line of the output. */
  constructor(
    session: CommandLineSession,
    sync: StateSync<Fleet>,
    answer: DispatchedCommand,
    host: string,
    isOneOfSeveral: boolean,
  ) {
    this.#session = session;
    this.#sync = sync;
    this.#answer = answer;
    this.#host = host;
    this.#printer = new OutputPrinter((text) => process.stdout.write(text), {
      prefix: isOneOfSeveral ? `${host} | ` : "",
      strip: process.stdout.isTTY === true,
    });
  }

  /** Undefined means that it has ended, and that so many others ended after it that it left the live state. */
  get #command(): Command | undefined {
    return this.#sync.state.commands.get(this.#answer.id);
  }

  /** Resolves with null when it was interrupted. */
  async toItsEnd(signal: AbortSignal): Promise<CommandEnd | null> {
    const end = this.#answer.status === "blocked" ? blockedEnd(this.#answer) : await this.#followed(signal);
    if (end !== null) process.stderr.write(`${this.#host}: ${endText(end)}\n`);
    return end;
  }

  async #followed(signal: AbortSignal): Promise<CommandEnd | null> {
    const { id, host } = this.#answer;
    const output = this.#session.followOutput(id, { model: outputModel.model });
    const unsubscribe = output.subscribe(() => this.#printer.print(output.state.chunks.values()));
    try {
      await waitUntil(this.#sync, () => this.#command === undefined || isFinal(this.#command.status), signal);
      if (signal.aborted) return null;
      const command = this.#command ?? (await endedCommand(this.#session, host, id));
      const late = AbortSignal.timeout(OUTPUT_MS);
      await waitUntil(output, () => this.#isShown(output, command), AbortSignal.any([signal, late]));
      if (this.#printer.offset < command.outputBytes) await this.#printRest();
      this.#printer.end();
      return signal.aborted ? null : command;
    } finally {
      unsubscribe();
      output.stop();
    }
  }

  /** A command that never ran has nothing to show. */
  #isShown(output: StateSync<OutputState>, { outputBytes }: Command): boolean {
    const status: OutputStatus | undefined = [...output.state.status.values()][0];
    return (
      hasEnded(output) ||
      this.#printer.offset >= outputBytes ||
      (status?.finished === true && this.#printer.offset >= status.bytes)
    );
  }

  async #printRest(): Promise<void> {
    this.#printer.printWhole(await this.#session.getText(`/api/commands/${this.#answer.id}/output?format=ansi`));
  }
}

/** True when the output can't be followed any more. */
function hasEnded({ status }: StateSync<OutputState>): boolean {
  return (status.type === "stale" && status.why !== "unconfirmed") || status.type === "signed_out";
}
