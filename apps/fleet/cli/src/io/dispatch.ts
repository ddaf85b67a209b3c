import type { DispatchedCommand, StateSync } from "@neverstale/client";
import {
  type Command,
  type Fleet,
  fleet,
  isFinal,
  labelIn,
  type OutputState,
  type OutputStatus,
  outputModel,
} from "@neverstale/fleet-domain";
import { EXIT, Failure } from "../failure.ts";
import { argsOf, hostIdsOf } from "../host-names.ts";
import { OutputPrinter } from "../output-printer.ts";
import { oneLine } from "../plain-text.ts";
import { endedCommand } from "./ended-commands.ts";
import type { Session } from "./session.ts";
import { until } from "./verify.ts";

export interface DispatchSettings {
  readonly op: string;
  readonly hosts: readonly string[];
  readonly args: readonly string[];
  /** False: the answer of the server is enough. */
  readonly wait: boolean;
}

const CONNECT_MS = 15_000;

/** Starts an op on hosts, shows what it writes, and waits for how it ends. */
export async function dispatch(session: Session, settings: DispatchSettings, signal: AbortSignal): Promise<number> {
  const sync = session.follow<Fleet>("/sync", { model: fleet.model });
  try {
    await until(sync, () => sync.status.type === "live", AbortSignal.any([signal, AbortSignal.timeout(CONNECT_MS)]));
    if (sync.status.type !== "live")
      throw new Failure(`the fleet can't be seen: ${sync.status.type}`, { hint: "Is the server running?" });
    const hosts = found(hostIdsOf(settings.hosts, sync.state.hosts.values()));
    const specs = sync.state.hosts.get(hosts[0] ?? "")?.ops.find((op) => op.name === settings.op)?.args ?? [];
    const args = found(argsOf(settings.args, specs));
    const { commands, ...position } = await sync.dispatchOp(settings.op, hosts, { args });
    await sync.reached(position);
    if (!settings.wait) {
      for (const { id, host, status, reason } of commands)
        put(`${nameOf(sync, host)} ${id} ${status}${reason === null ? "" : `: ${oneLine(reason)}`}`);
      return EXIT.ok;
    }
    const follow = (command: DispatchedCommand) =>
      new Follower(session, sync, command, commands.length > 1).toItsEnd(signal);
    const ends = await eachInTurn(commands, follow);
    if (ends.includes(null))
      throw new Failure("interrupted; the commands go on", { hint: "See the dashboard for how they end." });
    return ends.every((end) => end?.status === "succeeded") ? EXIT.ok : EXIT.no;
  } finally {
    sync.stop();
  }
}

/** Commands whose output is followed at once, each over a socket of its own; the others have their turn behind them. */
const FOLLOWED_AT_ONCE = 50;

/** What comes of each, in their order. */
async function eachInTurn<T, R>(items: readonly T[], run: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const waiting = items.entries();
  const worker = async () => {
    for (const [index, item] of waiting) results[index] = await run(item);
  };
  await Promise.all(Array.from({ length: FOLLOWED_AT_ONCE }, worker));
  return results;
}

type End = Pick<Command, "status" | "reason">;

/** Shows one command until its end is known and all of its output has been shown. */
class Follower {
  readonly #session: Session;
  readonly #sync: StateSync<Fleet>;
  readonly #answer: DispatchedCommand;
  readonly #name: string;
  readonly #printer: OutputPrinter;

  constructor(session: Session, sync: StateSync<Fleet>, answer: DispatchedCommand, isOneOfMany: boolean) {
    this.#session = session;
    this.#sync = sync;
    this.#answer = answer;
    this.#name = nameOf(sync, answer.host);
    const prefix = isOneOfMany ? `${this.#name} | ` : "";
    this.#printer = new OutputPrinter((text) => process.stdout.write(text), {
      prefix,
      strip: process.stdout.isTTY === true,
    });
  }

  /** Undefined: it has ended, and so many others after it that it left the live state. */
  get #command(): Command | undefined {
    return this.#sync.state.commands.get(this.#answer.id);
  }

  /** Null: interrupted. */
  async toItsEnd(signal: AbortSignal): Promise<End | null> {
    const end = this.#answer.status === "blocked" ? blockedEnd(this.#answer) : await this.#followed(signal);
    if (end !== null) put(`${this.#name}: ${describe(end)}`, process.stderr);
    return end;
  }

  async #followed(signal: AbortSignal): Promise<End | null> {
    const { id, host } = this.#answer;
    const output = this.#session.follow<OutputState>(`/sync/output/${id}`, { model: outputModel.model });
    const unsubscribe = output.subscribe(() => this.#printer.print(output.state.chunks.values()));
    try {
      await until(this.#sync, () => this.#command === undefined || isFinal(this.#command.status), signal);
      if (signal.aborted) return null;
      const command = this.#command ?? (await endedCommand(this.#session, host, id));
      const late = AbortSignal.timeout(CONNECT_MS);
      await until(output, () => this.#isShown(output, command), AbortSignal.any([signal, late]));
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

/** It can't be followed any more. */
function hasEnded({ status }: StateSync<OutputState>): boolean {
  return (status.type === "stale" && status.why !== "unconfirmed") || status.type === "signed_out";
}

function blockedEnd({ reason }: DispatchedCommand): End {
  return reason === null ? { status: "blocked" } : { status: "blocked", reason };
}

function describe({ status, reason }: End): string {
  return `${status.replaceAll("_", " ")}${reason === undefined ? "" : `: ${oneLine(reason)}`}`;
}

function nameOf(sync: StateSync<Fleet>, host: string): string {
  return oneLine(labelIn(sync.state.hosts, host));
}

function found<T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string },
): T {
  if (result.ok) return result.value;
  throw new Failure(result.problem);
}

function put(line: string, to: NodeJS.WriteStream = process.stdout): void {
  to.write(`${line}\n`);
}
