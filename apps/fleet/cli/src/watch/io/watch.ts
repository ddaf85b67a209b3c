/** `neverstale watch` shows the hosts as a live table, or prints what moves as it moves, until it is interrupted or signed out. */

import type { StateSync } from "@neverstale/fleet-client";
import { fleet } from "@neverstale/fleet-domain";
import type { AnyState } from "@neverstale/protocol";
import type { AddCommand } from "../../command-line/command.ts";
import { EXIT, Failure } from "../../command-line/failure.ts";
import { type SignInFlags, withSignIn } from "../../command-line/flags.ts";
import { aborted } from "../../session/io/interrupt.ts";
import type { CommandLineSession } from "../../session/io/session.ts";
import { withSession } from "../../session/io/with-session.ts";
import { plainJson } from "../../terminal/plain-text.ts";
import { plainLine } from "../plain-line.ts";
import { ReplicaLines } from "../replica-lines.ts";

interface WatchFlags extends SignInFlags {
  readonly json?: boolean;
  readonly plain?: boolean;
  readonly lines?: boolean;
}

const HELP_TEXT = `
On a terminal it shows the hosts as a table that is always current: those that need somebody come first. Elsewhere, and with
--lines, it prints a line for each record that changes.

It ends with 0 on Ctrl-C, and with 2 when it can't sign in or is signed out.

Examples:
  neverstale watch --password-file admin.txt
  neverstale watch --lines | grep ' commands/'
  neverstale watch --json | jq 'select(.collection == "commands")'`;

export const addWatch: AddCommand = (root, end) => {
  withSignIn(root.command("watch").description("show the hosts as a live table, or print every change as it comes"))
    .option("--lines", "print a line for each record that changes, on a terminal too")
    .option("--json", "print one JSON object on each line")
    .option("--plain", "follow over the plain profile, and print its messages as they are: init, delta, sync")
    .addHelpText("after", HELP_TEXT)
    .action(async (flags: WatchFlags) => {
      const isLines = flags.lines === true || flags.json === true || !process.stdout.isTTY;
      const watch = flags.plain === true ? watchPlain : isLines ? watchReplica : watchTable;
      end.status = await withSession(flags, (session, signal) => watch(session, flags.json === true, signal));
    });
};

async function watchTable(session: CommandLineSession, _json: boolean, signal: AbortSignal): Promise<number> {
  // The other commands start fast: to know how wide characters are takes as long as all the rest of them.
  const { drawLiveTable } = await import("./live-table.ts");
  const sync = session.follow({ model: fleet.model });
  const signedOut = new Promise<void>((resolve) => {
    sync.subscribe(() => {
      if (sync.status.type === "signed_out") resolve();
    });
  });
  await drawLiveTable(sync, process.stdout, Promise.race([aborted(signal), signedOut]));
  return ended(sync, signal);
}

async function watchReplica(session: CommandLineSession, json: boolean, signal: AbortSignal): Promise<number> {
  const sync = session.follow({ model: fleet.model });
  const lines = new ReplicaLines(Object.keys(fleet.collections), json);
  const signedOut = new Promise<void>((resolve) => {
    sync.subscribe(() => {
      const { state, version, epoch, status } = sync;
      if (!signal.aborted)
        for (const line of lines.next({ state: state as AnyState, version, epoch, status }, clock())) put(line);
      if (status.type === "signed_out") resolve();
    });
  });
  await Promise.race([aborted(signal), signedOut]);
  return ended(sync, signal);
}

function ended(sync: StateSync, signal: AbortSignal): number {
  sync.stop();
  if (signal.aborted) return EXIT.ok;
  throw new Failure("signed out by the server", { hint: "Sign in again: start the command once more." });
}

/** Prints the messages of the plain profile, one line each. */
async function watchPlain(session: CommandLineSession, json: boolean, signal: AbortSignal): Promise<number> {
  const socket = session.plainSocket();
  const closed = new Promise<string>((resolve) => {
    socket.on("error", (error) => resolve(error.message));
    socket.on("close", (code) => resolve(`closed with ${code}`));
  });
  socket.on("message", (data) => put(json ? plainJson(String(data)) : plainLine(String(data), clock())));
  const why = await Promise.race([closed, aborted(signal).then(() => null)]);
  socket.terminate();
  if (why === null) return EXIT.ok;
  throw new Failure(`the plain connection ended: ${why}`, {
    hint: "The plain profile doesn't reconnect; without --plain it does.",
  });
}

function put(line: string): void {
  process.stdout.write(`${line}\n`);
}

function clock(): string {
  return new Date().toTimeString().slice(0, 8);
}
