import type { StateSync } from "@neverstale/client";
import {
  type Command,
  type Fleet,
  fleet,
  isFinal,
  type OutputState,
  type OutputStatus,
  outputModel,
} from "@neverstale/fleet-domain";
import { EXIT, Failure } from "../failure.ts";
import { argsOf, hostIdsOf } from "../host-names.ts";
import { OutputPrinter } from "../output-printer.ts";
import { oneLine } from "../plain-text.ts";
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
    const ends = await Promise.all(
      commands.map(({ id }) => new Follower(session, sync, id, commands.length > 1).toItsEnd(signal)),
    );
    if (ends.includes(null))
      throw new Failure("interrupted; the commands go on", { hint: "See the dashboard for how they end." });
    return ends.every((end) => end?.status === "succeeded") ? EXIT.ok : EXIT.no;
  } finally {
    sync.stop();
  }
}

/** Shows one command until its end is known and all of its output has been shown. */
class Follower {
  readonly #session: Session;
  readonly #sync: StateSync<Fleet>;
  readonly #id: string;
  readonly #name: string;
  readonly #printer: OutputPrinter;

  constructor(session: Session, sync: StateSync<Fleet>, id: string, isOneOfMany: boolean) {
    this.#session = session;
    this.#sync = sync;
    this.#id = id;
    this.#name = nameOf(sync, this.#command?.host ?? id);
    const prefix = isOneOfMany ? `${this.#name} | ` : "";
    this.#printer = new OutputPrinter((text) => process.stdout.write(text), {
      prefix,
      strip: process.stdout.isTTY === true,
    });
  }

  get #command(): Command | undefined {
    return this.#sync.state.commands.get(this.#id);
  }

  /** Null: interrupted. */
  async toItsEnd(signal: AbortSignal): Promise<Command | null> {
    const output = this.#session.follow<OutputState>(`/sync/output/${this.#id}`, { model: outputModel.model });
    const print = () => this.#printer.print(output.state.chunks.values());
    const unsubscribe = output.subscribe(print);
    try {
      await until(this.#sync, () => this.#command === undefined || isFinal(this.#command.status), signal);
      await until(output, () => this.#isShown(output), AbortSignal.any([signal, AbortSignal.timeout(CONNECT_MS)]));
    } finally {
      unsubscribe();
      output.stop();
    }
    this.#printer.end();
    const command = this.#command;
    if (signal.aborted || command === undefined) return null;
    put(`${this.#name}: ${describe(command)}`, process.stderr);
    return command;
  }

  /** A command that never ran, or whose output isn't kept any more, has nothing to show. */
  #isShown(output: StateSync<OutputState>): boolean {
    const status: OutputStatus | undefined = [...output.state.status.values()][0];
    const hasEnded = output.status.type === "stale" || output.status.type === "signed_out";
    return (
      hasEnded ||
      this.#printer.offset >= (this.#command?.outputBytes ?? 0) ||
      (status?.finished === true && this.#printer.offset >= status.bytes)
    );
  }
}

function describe({ status, reason }: Command): string {
  return `${status.replaceAll("_", " ")}${reason === undefined ? "" : `: ${oneLine(reason)}`}`;
}

function nameOf(sync: StateSync<Fleet>, host: string): string {
  return oneLine(sync.state.hosts.get(host)?.hostname ?? host);
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
