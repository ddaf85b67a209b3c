/** `neverstale output` prints what a command wrote, and follows it to its end where it still runs. */

import type { StateSync } from "@neverstale/fleet-client";
import { type Command, fleet, isFinal } from "@neverstale/fleet-domain";
import type { AddCommand } from "../../command-line/command.ts";
import { EXIT, Failure } from "../../command-line/failure.ts";
import { type SignInFlags, withSignIn } from "../../command-line/flags.ts";
import { endText } from "../../dispatch/command-end.ts";
import { endedCommand } from "../../dispatch/io/ended-command.ts";
import type { CommandLineSession } from "../../session/io/session.ts";
import { waitUntil } from "../../session/io/wait-until.ts";
import { withSession } from "../../session/io/with-session.ts";
import { wantsColours } from "../../terminal/colours.ts";
import { JsonPieces } from "../json-pieces.ts";
import { OutputPrinter, type OutputSink } from "../output-printer.ts";
import { readOutput } from "./read-output.ts";
import { TerminalOutput } from "./terminal-output.ts";

interface OutputFlags extends SignInFlags {
  readonly follow?: boolean;
  readonly exitCode?: boolean;
  readonly plain?: boolean;
  readonly json?: boolean;
}

const HELP_TEXT = `
On a terminal the output keeps its colours (not with NO_COLOR) and loses all else that a terminal would obey. Elsewhere it comes as it was
written, unless --plain is given. With --json each line is a piece with its offset and time.

-f goes on over cuts and restarts of the server, and each byte comes once. It ends when the command has, with how that was on standard error.

Status: 0, or with --exit-code that of the command on its host (1 where it has none and did not succeed); 2 when nobody could tell.

Examples:
  neverstale output QSrG5mNdK4N5__Sb2FWPFz
  neverstale output -f --exit-code "$(neverstale run pull web-1 --no-wait --json | jq -r .id)"
  neverstale runs --status failed --json --limit 1 | jq -r .id | xargs neverstale output --plain`;

export const addOutput: AddCommand = (root, end) => {
  withSignIn(root.command("output").description("print what a command wrote, or follow it to its end"))
    .argument("<command>", "its id, as runs and dispatch print it")
    .option("-f, --follow", "follow it until the command has ended")
    .option("--exit-code", "with -f: end with the exit status of the command")
    .option("--plain", "print no colours and nothing else that a terminal would obey")
    .option("--json", "print one JSON object for each piece")
    .addHelpText("after", HELP_TEXT)
    .action(async (id: string, flags: OutputFlags) => {
      const sink = sinkOf(flags);
      end.status = await withSession(flags, (session, signal) =>
        flags.follow === true ? follow(session, id, { sink, flags, signal }) : printAll(session, id, sink),
      );
    });
};

function sinkOf({ json, plain }: OutputFlags): OutputSink {
  const write = (text: string) => void process.stdout.write(text);
  if (json === true) return new JsonPieces(write);
  const strip = plain === true || process.stdout.isTTY === true;
  return new OutputPrinter(write, { prefix: "", strip, colours: plain !== true && wantsColours(process.env) });
}

async function printAll(session: CommandLineSession, id: string, sink: OutputSink): Promise<number> {
  for await (const pieces of readOutput(session, id, 0)) {
    sink.printAcross(pieces);
    if (process.stdout.writableNeedDrain) await new Promise((resolve) => process.stdout.once("drain", resolve));
  }
  sink.end();
  return EXIT.ok;
}

interface Following {
  readonly sink: OutputSink;
  readonly flags: OutputFlags;
  readonly signal: AbortSignal;
}

async function follow(session: CommandLineSession, id: string, { sink, flags, signal }: Following): Promise<number> {
  const sync = session.follow({ model: fleet.model });
  const output = new TerminalOutput(session, id, sink);
  try {
    const command = await commandAtItsEnd(session, sync, id, signal);
    if (command !== null) await output.toItsEnd(command, signal);
    if (command === null || signal.aborted)
      throw new Failure("interrupted; the command goes on", { hint: "Follow it again with output -f." });
    process.stderr.write(`${command.op}: ${endText(command)}\n`);
    return flags.exitCode === true ? exitCodeOf(command) : EXIT.ok;
  } finally {
    output.stop();
    sync.stop();
  }
}

const CONNECT_MS = 15_000;

/** Resolves with null when it was interrupted. A command that is not in the live state has ended, or there is none. */
async function commandAtItsEnd(
  session: CommandLineSession,
  sync: StateSync,
  id: string,
  signal: AbortSignal,
): Promise<Command | null> {
  const late = AbortSignal.timeout(CONNECT_MS);
  await waitUntil(sync, () => sync.status.type === "live", AbortSignal.any([signal, late]));
  if (sync.status.type !== "live" && !signal.aborted)
    throw new Failure(`the fleet can't be seen: ${sync.status.type}`, { hint: "Is the server running?" });
  let last: Command | undefined;
  await waitUntil(
    sync,
    () => {
      const command = sync.state.commands.get(id);
      last = command ?? last;
      return sync.status.type === "signed_out" || command === undefined || isFinal(command.status);
    },
    signal,
  );
  if (signal.aborted) return null;
  if (sync.status.type === "signed_out") throw new Failure("signed out by the server", { hint: "Start it once more." });
  const found = sync.state.commands.get(id);
  return found ?? (await endedCommand(session, last?.host ?? null, id));
}

function exitCodeOf({ exitCode, status }: Command): number {
  return exitCode ?? (status === "succeeded" ? EXIT.ok : EXIT.no);
}
