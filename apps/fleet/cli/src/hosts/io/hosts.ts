/** `neverstale hosts` prints the hosts with their status, and what their checks have found. */

import { Host, StateAnswer } from "@neverstale/fleet-domain";
import type { AddCommand } from "../../command-line/command.ts";
import { EXIT, Failure } from "../../command-line/failure.ts";
import { type SignInFlags, withSignIn } from "../../command-line/flags.ts";
import { hostIdsOf } from "../../dispatch/host-names.ts";
import { printAll } from "../../export/io/export.ts";
import type { CommandLineSession } from "../../session/io/session.ts";
import { withSession } from "../../session/io/with-session.ts";
import { plainJson } from "../../terminal/plain-text.ts";
import { hasProblem, hostLines } from "../host-lines.ts";

interface HostsFlags extends SignInFlags {
  readonly tag?: readonly string[];
  readonly problems?: boolean;
  readonly json?: boolean;
  readonly csv?: boolean;
}

const HELP_TEXT = `
Below a host stand the checks that are not well, such as an agent.yaml that can't be used, with the line. It ends with 1 when there is
such a check among the hosts that are printed.

Examples:
  neverstale hosts --password-file admin.txt
  neverstale hosts --tag prod --problems
  neverstale hosts --json | jq -r 'select(.online | not) | .id'`;

export const addHosts: AddCommand = (root, end) => {
  withSignIn(root.command("hosts").description("print the hosts, and what is wrong with them"))
    .argument("[host...]", "only these, by their ids or by the names that an admin gave them")
    .option("--tag <tag...>", "only hosts that have all these tags")
    .option("--problems", "only hosts with a check that is not well")
    .option("--json", "print one JSON object on each line")
    .option("--csv", "print all hosts, or those with one tag, as CSV with their figures")
    .addHelpText("after", HELP_TEXT)
    .action(async (names: readonly string[], flags: HostsFlags) => {
      if (flags.csv === true) return await withSession(flags, (session) => printCsv(session, names, flags));
      const hosts = await withSession(flags, (session) => chosenHosts(session, names, flags));
      const lines = flags.json === true ? hosts.map((host) => plainJson(JSON.stringify(host))) : hostLines(hosts);
      for (const line of lines) process.stdout.write(`${line}\n`);
      end.status = hosts.some(hasProblem) ? EXIT.no : EXIT.ok;
    });
};

async function printCsv(session: CommandLineSession, names: readonly string[], flags: HostsFlags): Promise<void> {
  const { tag = [], problems = false, json = false } = flags;
  if (names.length > 0 || tag.length > 1 || problems || json)
    throw new Failure("--csv goes with one --tag at most, and with nothing else that chooses hosts");
  await printAll(
    session,
    `/api/hosts/export?${new URLSearchParams(tag.map((each): [string, string] => ["tag", each]))}`,
  );
}

async function chosenHosts(
  session: CommandLineSession,
  names: readonly string[],
  { tag = [], problems = false }: HostsFlags,
): Promise<Host[]> {
  const { state } = StateAnswer.parse(await session.getJson("/api/state"));
  const hosts = (state.hosts ?? []).map((host) => Host.parse(host));
  const found = hostIdsOf(names, hosts);
  if (!found.ok) throw new Failure(found.problem);
  return hosts
    .filter(({ id }) => names.length === 0 || found.value.includes(id))
    .filter(({ tags }) => tag.every((each) => tags.includes(each)))
    .filter((host) => !problems || hasProblem(host));
}
