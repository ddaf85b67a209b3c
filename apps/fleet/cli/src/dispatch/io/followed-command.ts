/** A followed command shows its output and its progress until its end is known and all of the output has been shown. */

import type { StateSync } from "@neverstale/client";
import type { DispatchedCommand } from "@neverstale/fleet-client";
import { type Command, type Fleet, isFinal } from "@neverstale/fleet-domain";
import { TerminalOutput } from "../../output/io/terminal-output.ts";
import { OutputPrinter } from "../../output/output-printer.ts";
import type { CommandLineSession } from "../../session/io/session.ts";
import { waitUntil } from "../../session/io/wait-until.ts";
import { wantsColours } from "../../terminal/colours.ts";
import { blockedEnd, type CommandEnd, endJson, endText } from "../command-end.ts";
import { ProgressLines } from "../progress-lines.ts";
import { endedCommand } from "./ended-command.ts";

export interface ShownCommandOptions {
  /** It is the name of the host. */
  readonly host: string;
  /** The name stands before each line of the output. */
  readonly isOneOfSeveral: boolean;
  /** The end is told as JSON, and the output is not shown. */
  readonly json: boolean;
}

export class FollowedCommand {
  readonly #session: CommandLineSession;
  readonly #sync: StateSync<Fleet>;
  readonly #answer: DispatchedCommand;
  readonly #options: ShownCommandOptions;
  readonly #progress = new ProgressLines();

  constructor(
    session: CommandLineSession,
    sync: StateSync<Fleet>,
    answer: DispatchedCommand,
    options: ShownCommandOptions,
  ) {
    this.#session = session;
    this.#sync = sync;
    this.#answer = answer;
    this.#options = options;
  }

  /** Undefined means that it has ended, and that so many others ended after it that it left the live state. */
  get #command(): Command | undefined {
    return this.#sync.state.commands.get(this.#answer.id);
  }

  /** Resolves with null when it was interrupted. */
  async toItsEnd(signal: AbortSignal): Promise<CommandEnd | null> {
    const end = this.#answer.status === "blocked" ? blockedEnd(this.#answer) : await this.#followed(signal);
    if (end === null) return null;
    const { host, json } = this.#options;
    const { id, host: hostId } = this.#answer;
    if (json) process.stdout.write(`${endJson({ id, host: hostId, name: host }, end)}\n`);
    else process.stderr.write(`${host}: ${endText(end)}\n`);
    return end;
  }

  async #followed(signal: AbortSignal): Promise<CommandEnd | null> {
    const output = this.#options.json ? null : new TerminalOutput(this.#session, this.#answer.id, this.#printer());
    const unsubscribe = this.#sync.subscribe(() => this.#tellProgress());
    try {
      await waitUntil(this.#sync, () => this.#command === undefined || isFinal(this.#command.status), signal);
      if (signal.aborted) return null;
      const command = this.#command ?? (await endedCommand(this.#session, this.#answer.host, this.#answer.id));
      await output?.toItsEnd(command, signal);
      return signal.aborted ? null : command;
    } finally {
      unsubscribe();
      output?.stop();
    }
  }

  #printer(): OutputPrinter {
    return new OutputPrinter((text) => process.stdout.write(text), {
      prefix: this.#options.isOneOfSeveral ? `${this.#options.host} | ` : "",
      strip: process.stdout.isTTY === true,
      colours: wantsColours(process.env),
    });
  }

  #tellProgress(): void {
    const command = this.#command;
    const line = command === undefined ? null : this.#progress.next(command, performance.now());
    if (line !== null) process.stderr.write(`${this.#options.host}: ${line}\n`);
  }
}
