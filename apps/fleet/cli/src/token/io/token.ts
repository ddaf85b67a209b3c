/** `neverstale token create` makes an enrolment token, and prints the command that uses it. */

import {
  AgentPackage,
  EnrollmentTokenAnswer,
  enrollCautions,
  enrollCommand,
  MAX_TOKEN_USES,
} from "@neverstale/fleet-domain";
import { Option } from "commander";
import type { AddCommand } from "../../command-line/command.ts";
import { EXIT, Failure } from "../../command-line/failure.ts";
import { durationBetween, integerBetween, type SignInFlags, withSignIn } from "../../command-line/flags.ts";
import type { CommandLineSession } from "../../session/io/session.ts";
import { withSession } from "../../session/io/with-session.ts";
import { plainJson } from "../../terminal/plain-text.ts";

interface TokenFlags extends SignInFlags {
  readonly server?: string;
  readonly ttl: number;
  readonly uses: number;
  readonly tag?: readonly string[];
  readonly json?: boolean;
}

const HELP_TEXT = `
The token is good for one machine, once, unless --uses says for how many. It can do nothing but enrol.

Examples:
  neverstale token create --url https://fleet.example.org --password-file admin.txt --tag prod
  neverstale token create --url https://fleet.example.org --password-file admin.txt --uses 200`;

export const addToken: AddCommand = (root, end) => {
  const token = root.command("token").description("make tokens with which other machines enrol");
  withSignIn(
    token.command("create").description("make a token, and print the one command to run on the other machines"),
  )
    .option("--server <address>", "where the other machine finds the server; default: --url")
    .addOption(
      new Option("--ttl <duration>", "how long it is good for, at most 1h")
        .default(3_600_000, "1h")
        .argParser(durationBetween(60_000, 3_600_000, "1m to 1h")),
    )
    .addOption(
      new Option("--uses <number>", "how many machines may enrol with it")
        .default(1)
        .argParser(integerBetween(1, MAX_TOKEN_USES)),
    )
    .option("--tag <tag...>", "tags of the hosts that enrol with it")
    .option("--json", "print one JSON object, with the command and the token in it")
    .addHelpText("after", HELP_TEXT)
    .action(async (flags: TokenFlags) => {
      await withSession(flags, (session) => createToken(session, flags));
      end.status = EXIT.ok;
    });
};

/** The command alone goes to standard output, and everything else to standard error. */
async function createToken(
  session: CommandLineSession,
  { server, url, ttl, uses, tag = [], json }: TokenFlags,
): Promise<void> {
  const given = server ?? url;
  const address = URL.parse(given);
  if (address === null || !/^https?:$/.test(address.protocol))
    throw new Failure(`--server ${given} is no address`, { hint: "Give one such as https://fleet.example.org." });
  const asked = { ttlS: Math.ceil(ttl / 1000), uses, ...(tag.length > 0 && { tags: tag }) };
  const { sha256 } = AgentPackage.parse(await session.getJson("/api/agent-package"));
  const made = EnrollmentTokenAnswer.parse(await session.postJson("/api/enrollment-tokens", asked));
  for (const caution of enrollCautions(address)) process.stderr.write(`neverstale: ${caution}\n`);
  const command = enrollCommand(address, made.token, sha256);
  if (json === true) {
    process.stdout.write(`${plainJson(JSON.stringify({ ...made, sha256, command }))}\n`);
    return;
  }
  const where = uses === 1 ? "the other machine. It works once" : `up to ${uses} other machines. It works`;
  process.stderr.write(`The server's agent has the sha256 ${sha256}\n`);
  process.stderr.write(`Run this on ${where}, until ${made.expiresAt}:\n`);
  process.stdout.write(`${command}\n`);
}
