/** `neverstale runs` prints commands as they are now and were before, the newest first. */

import { COMMAND_STATUSES, type Command, CommandLogAnswer, Host, labelIn, StateAnswer } from "@neverstale/fleet-domain";
import { Option } from "commander";
import type { AddCommand } from "../../command-line/command.ts";
import { EXIT, Failure } from "../../command-line/failure.ts";
import { integerBetween, type SignInFlags, withSignIn } from "../../command-line/flags.ts";
import { hostIdsOf } from "../../dispatch/host-names.ts";
import type { CommandLineSession } from "../../session/io/session.ts";
import { withSession } from "../../session/io/with-session.ts";
import { plainJson } from "../../terminal/plain-text.ts";
import { isRunAskedFor, type RunFilter, runLines } from "../run-lines.ts";

interface RunsFlags extends SignInFlags {
  readonly op?: string;
  readonly status?: readonly string[];
  readonly by?: string;
  readonly limit: number;
  readonly json?: boolean;
}

const HELP_TEXT = `
Commands that have left the live state are there as long as the history goes back.

Examples:
  neverstale runs
  neverstale runs web-1 --op pull --limit 5
  neverstale runs --status failed timed_out lost --json | jq -r .host`;

export const addRuns: AddCommand = (root, end) => {
  withSignIn(root.command("runs").description("print what ran on hosts and how it ended, the newest first"))
    .argument("[host...]", "only on these, by their ids or by the names that an admin gave them")
    .option("--op <op>", "only this op")
    .addOption(new Option("--status <status...>", "only with one of these").choices([...COMMAND_STATUSES]))
    .option("--by <user>", "only what this user asked for")
    .addOption(new Option("--limit <number>", "so many at most").default(50).argParser(integerBetween(1, 100_000)))
    .option("--json", "print one JSON object on each line")
    .addHelpText("after", HELP_TEXT)
    .action(async (names: readonly string[], flags: RunsFlags) => {
      await withSession(flags, (session) => printRuns(session, names, flags));
      end.status = EXIT.ok;
    });
};

async function printRuns(session: CommandLineSession, names: readonly string[], flags: RunsFlags): Promise<void> {
  const { state } = StateAnswer.parse(await session.getJson("/api/state"));
  const hosts = new Map((state.hosts ?? []).map((host) => [host.id, Host.parse(host)]));
  const found = hostIdsOf(names, hosts.values());
  if (!found.ok) throw new Failure(found.problem);
  const runs = await runsOf(session, { ...flags, hosts: found.value }, flags.limit);
  const nameOf = (host: string) => labelIn(hosts, host);
  const lines =
    flags.json === true ? runs.map((run) => plainJson(JSON.stringify(run))) : runLines(runs, nameOf, Date.now());
  for (const line of lines) process.stdout.write(`${line}\n`);
}

const PAGE = 1_000;

async function runsOf(session: CommandLineSession, filter: RunFilter, limit: number): Promise<Command[]> {
  const { op, status, by, hosts = [] } = filter;
  const isFiltered = op !== undefined || status !== undefined || by !== undefined || hosts.length > 1;
  const query = new URLSearchParams({ limit: String(isFiltered ? PAGE : Math.min(limit, PAGE)) });
  if (hosts.length === 1) query.set("host", hosts[0] ?? "");
  const runs: Command[] = [];
  for (;;) {
    const { commands, next } = CommandLogAnswer.parse(await session.getJson(`/api/commands?${query}`));
    runs.push(...commands.filter((run) => isRunAskedFor(run, filter)));
    if (next === null || runs.length >= limit) return runs.slice(0, limit);
    query.set("before", next);
  }
}
