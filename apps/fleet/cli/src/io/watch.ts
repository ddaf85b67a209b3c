import type { StateSync } from "@neverstale/client";
import { type Fleet, fleet } from "@neverstale/fleet-domain";
import { type AnyState, decodePlainServerMessage } from "@neverstale/protocol";
import { EXIT, Failure } from "../failure.ts";
import { jsonOf, lineOf, Shadow } from "../moves.ts";
import { plainJson } from "../plain-text.ts";
import { statusLine } from "../status-line.ts";
import { aborted } from "./interrupt.ts";
import type { Session } from "./session.ts";

export const COLLECTIONS = Object.keys(fleet.collections);

export interface WatchOptions {
  readonly json?: boolean;
  readonly plain?: boolean;
}

/** Prints what moves as it moves, until it is interrupted or signed out. */
export async function watch(
  session: Session,
  { json = false, plain = false }: WatchOptions,
  signal: AbortSignal,
): Promise<number> {
  return plain ? await watchPlain(session, json, signal) : await watchReplica(session, json, signal);
}

async function watchReplica(session: Session, json: boolean, signal: AbortSignal): Promise<number> {
  const sync = session.follow<Fleet>("/sync", { model: fleet.model });
  const signedOut = new Promise<void>((resolve) => {
    const printer = new ReplicaPrinter(sync, json);
    sync.subscribe(() => {
      if (!signal.aborted) printer.print();
      if (sync.status.type === "signed_out") resolve();
    });
  });
  await Promise.race([aborted(signal), signedOut]);
  sync.stop();
  if (signal.aborted) return EXIT.ok;
  throw new Failure("signed out by the server", { hint: "Sign in again: start the command once more." });
}

/** One line for each record that moved, and one for each change of the status. */
class ReplicaPrinter {
  readonly #sync: StateSync<Fleet>;
  readonly #json: boolean;
  readonly #shadow = new Shadow();
  #status = "";
  #seen = false;

  constructor(sync: StateSync<Fleet>, json: boolean) {
    this.#sync = sync;
    this.#json = json;
  }

  print(): void {
    const { version, epoch } = this.#sync;
    const moves = this.#shadow.moves(this.#sync.state as AnyState, COLLECTIONS);
    if (this.#json) for (const move of moves) put(jsonOf(move, version));
    else if (this.#seen) for (const move of moves) put(`${clock()} v${version} ${lineOf(move)}`);
    else if (epoch !== null) put(`${clock()} v${version} ${this.#summary()}`);
    this.#seen ||= epoch !== null;
    this.#printStatus();
  }

  #printStatus(): void {
    const { status, version, epoch } = this.#sync;
    const line = statusLine(status);
    if (line === this.#status) return;
    this.#status = line;
    put(this.#json ? JSON.stringify({ status, version, epoch }) : `${clock()} v${version} = ${line}`);
  }

  #summary(): string {
    const state = this.#sync.state as AnyState;
    return COLLECTIONS.map((name) => `${state[name]?.size ?? 0} ${name}`).join(", ");
  }
}

/** The plain profile's messages, one line each. */
async function watchPlain(session: Session, json: boolean, signal: AbortSignal): Promise<number> {
  const socket = session.plainSocket();
  const closed = new Promise<string>((resolve) => {
    socket.on("error", (error) => resolve(error.message));
    socket.on("close", (code) => resolve(`closed with ${code}`));
  });
  socket.on("message", (data) => put(json ? plainJson(String(data)) : plainLine(String(data))));
  const why = await Promise.race([closed, aborted(signal).then(() => null)]);
  socket.terminate();
  if (why === null) return EXIT.ok;
  throw new Failure(`the plain connection ended: ${why}`, {
    hint: "The plain profile doesn't reconnect; without --plain it does.",
  });
}

function plainLine(text: string): string {
  const message = decodePlainServerMessage(text);
  if (message === null) return `${clock()} a message of a newer kind`;
  if (message.type === "sync") return `${clock()} v${message.version} sync`;
  if (message.type === "delta") {
    const { type, target, data } = message.payload;
    return `${clock()} v${message.version} delta ${type} ${target} ${plainJson(JSON.stringify(data))}`;
  }
  const sizes = Object.entries(message.payload).map(([name, records]) => `${records.length} ${name}`);
  return `${clock()} v${message.version} ${message.type} ${sizes.join(", ")}`;
}

function put(line: string): void {
  process.stdout.write(`${line}\n`);
}

function clock(): string {
  return new Date().toTimeString().slice(0, 8);
}
