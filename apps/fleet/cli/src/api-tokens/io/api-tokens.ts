/** `neverstale api-tokens` makes, lists and revokes the tokens by which programs use the API. */

import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { ApiTokenAnswer, ApiTokenEntry, MAX_API_TOKEN_S, ROLES, type Role } from "@neverstale/fleet-domain";
import { Option } from "commander";
import type { AddCommand } from "../../command-line/command.ts";
import { EXIT, Failure } from "../../command-line/failure.ts";
import { durationBetween, type SignInFlags, tagOption, withPersonSignIn } from "../../command-line/flags.ts";
import { withSession } from "../../session/io/with-session.ts";
import { oneLine, plainJson } from "../../terminal/plain-text.ts";
import { shownHostWords } from "../../users/user-lines.ts";

interface CreateFlags extends SignInFlags {
  readonly label: string;
  readonly role: Role;
  readonly ttl: number;
  readonly tag?: readonly string[];
  readonly out?: string;
  readonly json?: boolean;
}

interface ListFlags extends SignInFlags {
  readonly json?: boolean;
}

const HELP_TEXT = `
A program sends its token as "Authorization: Bearer nst_…", over HTTP and for WS /sync. It may do what its role may, never more than its
owner, and nothing that is about accounts.

Examples:
  neverstale api-tokens create --label "nightly report" --ttl 90d --out report.token
  neverstale hosts --token-file report.token
  neverstale api-tokens create --label "deploys of web" --role operator --tag team:web --out deploy.token
  curl -H "Authorization: Bearer $(cat report.token)" http://127.0.0.1:8080/api/state`;

const DAY_MS = 86_400_000;

export const addApiTokens: AddCommand = (root, end) => {
  const tokens = root.command("api-tokens").description("make, list and revoke tokens for programs");
  tokens.addHelpText("after", HELP_TEXT);
  withPersonSignIn(tokens.command("create").description("make a token, and print it, which nobody does again"))
    .requiredOption("--label <text>", "what it is for")
    .addOption(new Option("--role <role>", "what it may do").choices([...ROLES]).default("viewer"))
    .addOption(
      new Option("--ttl <duration>", "how long it is good for, at most 365d")
        .default(30 * DAY_MS, "30d")
        .argParser(durationBetween(60_000, MAX_API_TOKEN_S * 1000, "1m to 365d")),
    )
    .addOption(tagOption("it sees and acts on hosts with this tag only; repeatable; never more than you do"))
    .option("--out <file>", "write it into this new file, which nobody else may read, and print its id")
    .option("--json", "print one JSON object")
    .action(async (flags: CreateFlags) => {
      await (flags.out === undefined ? printToken(flags) : writeToken(flags, flags.out));
      end.status = EXIT.ok;
    });
  withPersonSignIn(tokens.command("list").description("print your tokens, without what they open"))
    .option("--json", "print one JSON object on each line")
    .action(async (flags: ListFlags) => {
      const found = await withSession(flags, (session) => session.getJson("/api/api-tokens"));
      for (const entry of ApiTokenEntry.array().parse(found))
        process.stdout.write(`${flags.json === true ? plainJson(JSON.stringify(entry)) : lineOf(entry)}\n`);
      end.status = EXIT.ok;
    });
  withPersonSignIn(tokens.command("revoke <id>").description("end a token, and what follows by it, at once")).action(
    async (id: string, flags: SignInFlags) => {
      await withSession(flags, (session) => session.change("DELETE", `/api/api-tokens/${encodeURIComponent(id)}`));
      end.status = EXIT.ok;
    },
  );
};

async function printToken(flags: CreateFlags): Promise<void> {
  const made = await makeToken(flags);
  if (flags.json !== true) process.stderr.write(`The token ${made.id} is good until ${made.expiresAt}:\n`);
  process.stdout.write(`${flags.json === true ? plainJson(JSON.stringify(made)) : made.token}\n`);
}

/** The file is there before the token is, so that no token is made that can't be kept. */
async function writeToken(flags: CreateFlags, file: string): Promise<void> {
  const opened = openNew(file);
  try {
    const { token, ...made } = await makeToken(flags);
    writeSync(opened, `${token}\n`);
    const line = flags.json === true ? plainJson(JSON.stringify({ ...made, file })) : made.id;
    process.stderr.write(`${file} has the token ${made.id}, which is good until ${made.expiresAt}\n`);
    process.stdout.write(`${line}\n`);
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  } finally {
    closeSync(opened);
  }
}

function openNew(file: string): number {
  try {
    return openSync(file, "wx", 0o600);
  } catch (cause) {
    throw new Failure(`the token can't be written to ${file}`, { cause, hint: "Name a file that is not there yet." });
  }
}

async function makeToken(flags: CreateFlags): Promise<ApiTokenAnswer> {
  const { label, role, ttl, tag } = flags;
  const asked = { label, role, ttlS: Math.ceil(ttl / 1000), ...(tag !== undefined && { tags: [...tag] }) };
  return ApiTokenAnswer.parse(await withSession(flags, (session) => session.postJson("/api/api-tokens", asked)));
}

function lineOf({ id, role, tags, expiresAt, lastUsedAt, label }: ApiTokenEntry): string {
  const used = lastUsedAt === undefined ? "never used" : `used ${lastUsedAt}`;
  return oneLine(`${id}  ${role.padEnd(8)}  hosts: ${shownHostWords(tags)}  until ${expiresAt}  ${used}  ${label}`);
}
