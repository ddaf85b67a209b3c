/** `neverstale dispatch` starts an op on hosts, shows what it writes, and waits for how it ends. */

import type { DispatchedCommand } from "@neverstale/fleet-client";
import { fleet, type HostTarget, labelIn } from "@neverstale/fleet-domain";
import type { AddCommand } from "../../command-line/command.ts";
import { EXIT, Failure } from "../../command-line/failure.ts";
import { type SignInFlags, withSignIn } from "../../command-line/flags.ts";
import type { CommandLineSession } from "../../session/io/session.ts";
import { waitUntil } from "../../session/io/wait-until.ts";
import { withSession } from "../../session/io/with-session.ts";
import { oneLine, plainJson } from "../../terminal/plain-text.ts";
import { dispatchedLine, endsText, exitStatusOf } from "../command-end.ts";
import { argsOf, type Found, hostIdsOf } from "../host-names.ts";
import { flaggedTarget, type TargetFlags, withTarget } from "../target-flags.ts";
import { FollowedCommand } from "./followed-command.ts";
import { findSafeguards, type SafeguardFlags, withSafeguards } from "./safeguards.ts";

interface DispatchFlags extends SignInFlags, TargetFlags, SafeguardFlags {
  readonly arg?: readonly string[];
  readonly wait: boolean;
  readonly json?: boolean;
}

const HELP_TEXT = `
While it runs, what the op says of its progress is on standard error, and how it ended on each host. With --json the output is not shown, and
each command is one JSON object once it has ended, or with --no-wait once it was started.

Status: 0 means that all succeeded, 1 that at least one did not, 2 that they could not be started or followed to their end.

Examples:
  neverstale dispatch uptime all
  neverstale dispatch pull --tag prod --filter "status:online -web-3"
  neverstale run stream web-1 web-2 --arg seconds=5
  neverstale run pull all --json | jq -r 'select(.status != "succeeded") | .name'`;

export const addDispatch: AddCommand = (root, end) => {
  withSafeguards(
    withTarget(
      withSignIn(
        root.command("dispatch").alias("run").description("run an op on hosts, show its output and wait for its end"),
      ),
    ),
  )
    .argument("<op>", "what to run; each host's agent.yaml says what it allows")
    .argument("[hosts...]", "names or ids; all means every host")
    .option("--arg <name=value...>", "an argument of the op")
    .option("--no-wait", "print the ids of the commands and end")
    .option("--json", "print one JSON object for each command")
    .addHelpText("after", HELP_TEXT)
    .action(async (op: string, hosts: string[], flags: DispatchFlags) => {
      const target = orFail(flaggedTarget(hosts, flags));
      const { json = false } = flags;
      const settings = { op, hosts, target, args: flags.arg ?? [], wait: flags.wait, safeguards: flags, json };
      end.status = await withSession(flags, (session, signal) => dispatch(session, settings, signal));
    });
};

interface DispatchSettings {
  readonly op: string;
  readonly hosts: readonly string[];
  /** The server finds the hosts by it, where it is not null. */
  readonly target: HostTarget | null;
  readonly args: readonly string[];
  /** False means that the answer of the server is enough. */
  readonly wait: boolean;
  readonly safeguards: SafeguardFlags;
  readonly json: boolean;
}

const CONNECT_MS = 15_000;

async function dispatch(session: CommandLineSession, settings: DispatchSettings, signal: AbortSignal): Promise<number> {
  const sync = session.follow({ model: fleet.model });
  const nameOf = (host: string) => oneLine(labelIn(sync.state.hosts, host));
  try {
    const late = AbortSignal.timeout(CONNECT_MS);
    await waitUntil(sync, () => sync.status.type === "live", AbortSignal.any([signal, late]));
    if (sync.status.type !== "live")
      throw new Failure(`the fleet can't be seen: ${sync.status.type}`, { hint: "Is the server running?" });
    const all = [...sync.state.hosts.values()];
    const hosts = settings.target ?? orFail(hostIdsOf(settings.hosts, all));
    const offers = all.flatMap(({ ops }) => ops.filter(({ name }) => name === settings.op));
    const specs = offers[0]?.args ?? [];
    const args = orFail(argsOf(settings.args, specs));
    const safeguards = await findSafeguards(session, sync.state, { op: settings.op }, settings.safeguards);
    const { commands, ...position } = await sync.dispatchOp(settings.op, hosts, { args, ...safeguards });
    await sync.reached(position);
    if (!settings.wait) {
      for (const command of commands) {
        const { id, host, status, reason } = command;
        const line = settings.json
          ? plainJson(JSON.stringify({ id, host, name: nameOf(host), status, reason }))
          : dispatchedLine(nameOf(host), command);
        process.stdout.write(`${line}\n`);
      }
      return EXIT.ok;
    }
    const follow = async (command: DispatchedCommand) => {
      const isOneOfSeveral = commands.length > 1;
      const options = { host: nameOf(command.host), isOneOfSeveral, json: settings.json };
      for (let next = command; ; ) {
        const end = await new FollowedCommand(session, sync, next, options).toItsEnd(signal);
        if (end?.retriedBy === undefined) return end;
        next = { ...command, id: end.retriedBy, status: "pending", reason: null };
      }
    };
    const ends = await eachInTurn(commands, follow);
    const known = ends.filter((end) => end !== null);
    if (known.length < ends.length)
      throw new Failure("interrupted; the commands go on", {
        hint: "runs says how they end, and output -f follows one of them.",
      });
    if (known.length > 1) process.stderr.write(`${endsText(known)}\n`);
    return exitStatusOf(known);
  } finally {
    sync.stop();
  }
}

/** So many commands are followed at once, each over a socket of its own. The others wait for their turn. */
const FOLLOWED_AT_ONCE = 50;

/** Resolves with what comes of each, in their order. */
async function eachInTurn<T, R>(items: readonly T[], run: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const waiting = items.entries();
  const worker = async () => {
    for (const [index, item] of waiting) results[index] = await run(item);
  };
  await Promise.all(Array.from({ length: FOLLOWED_AT_ONCE }, worker));
  return results;
}

function orFail<T>(found: Found<T>): T {
  if (found.ok) return found.value;
  throw new Failure(found.problem);
}
