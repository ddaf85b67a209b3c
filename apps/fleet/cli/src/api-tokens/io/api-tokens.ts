/** `neverstale api-tokens` makes, lists and revokes the tokens by which programs use the API. */

import { ApiTokenAnswer, ApiTokenEntry, MAX_API_TOKEN_S, ROLES, type Role } from "@neverstale/fleet-domain";
import { Option } from "commander";
import type { AddCommand } from "../../command-line/command.ts";
import { EXIT } from "../../command-line/failure.ts";
import { durationBetween, type SignInFlags, withSignIn } from "../../command-line/flags.ts";
import { withSession } from "../../session/io/with-session.ts";
import { oneLine, plainJson } from "../../terminal/plain-text.ts";

interface CreateFlags extends SignInFlags {
  readonly label: string;
  readonly role: Role;
  readonly ttl: number;
  readonly json?: boolean;
}

interface ListFlags extends SignInFlags {
  readonly json?: boolean;
}

const HELP_TEXT = `
A program sends its token as "Authorization: Bearer nst_…", over HTTP and for WS /sync. It may do what its role may, never more than its
owner, and nothing that is about accounts.

Examples:
  neverstale api-tokens create --label "nightly report" --ttl 90d > report.token
  curl -H "Authorization: Bearer $(cat report.token)" http://127.0.0.1:8080/api/state`;

const DAY_MS = 86_400_000;

export const addApiTokens: AddCommand = (root, end) => {
  const tokens = root.command("api-tokens").description("make, list and revoke tokens for programs");
  tokens.addHelpText("after", HELP_TEXT);
  withSignIn(tokens.command("create").description("make a token, and print it, which nobody does again"))
    .requiredOption("--label <text>", "what it is for")
    .addOption(new Option("--role <role>", "what it may do").choices([...ROLES]).default("viewer"))
    .addOption(
      new Option("--ttl <duration>", "how long it is good for, at most 365d")
        .default(30 * DAY_MS, "30d")
        .argParser(durationBetween(60_000, MAX_API_TOKEN_S * 1000, "1m to 365d")),
    )
    .option("--json", "print one JSON object")
    .action(async (flags: CreateFlags) => {
      const { label, role, ttl, json } = flags;
      const asked = { label, role, ttlS: Math.ceil(ttl / 1000) };
      const made = ApiTokenAnswer.parse(
        await withSession(flags, (session) => session.postJson("/api/api-tokens", asked)),
      );
      if (json !== true) process.stderr.write(`The token ${made.id} is good until ${made.expiresAt}:\n`);
      process.stdout.write(`${json === true ? plainJson(JSON.stringify(made)) : made.token}\n`);
      end.status = EXIT.ok;
    });
  withSignIn(tokens.command("list").description("print your tokens, without what they open"))
    .option("--json", "print one JSON object on each line")
    .action(async (flags: ListFlags) => {
      const found = await withSession(flags, (session) => session.getJson("/api/api-tokens"));
      for (const entry of ApiTokenEntry.array().parse(found))
        process.stdout.write(`${flags.json === true ? plainJson(JSON.stringify(entry)) : lineOf(entry)}\n`);
      end.status = EXIT.ok;
    });
  withSignIn(tokens.command("revoke <id>").description("end a token, and what follows by it, at once")).action(
    async (id: string, flags: SignInFlags) => {
      await withSession(flags, (session) => session.change("DELETE", `/api/api-tokens/${encodeURIComponent(id)}`));
      end.status = EXIT.ok;
    },
  );
};

function lineOf({ id, role, expiresAt, lastUsedAt, label }: ApiTokenEntry): string {
  const used = lastUsedAt === undefined ? "never used" : `used ${lastUsedAt}`;
  return oneLine(`${id}  ${role.padEnd(8)}  until ${expiresAt}  ${used}  ${label}`);
}
