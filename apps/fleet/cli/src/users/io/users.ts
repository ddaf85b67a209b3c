/** `neverstale users` lists, invites, changes, resets and removes those who may sign in. */

import { inviteLink, OneTimeLinkAnswer, ROLES, type Role, ShownUser } from "@neverstale/fleet-domain";
import type { JsonObject } from "@neverstale/protocol";
import { type Command, Option } from "commander";
import type { AddCommand, ProcessEnd } from "../../command-line/command.ts";
import { EXIT } from "../../command-line/failure.ts";
import { type SignInFlags, tagOption, withPersonSignIn } from "../../command-line/flags.ts";
import type { CommandLineSession } from "../../session/io/session.ts";
import { withSession } from "../../session/io/with-session.ts";
import { plainJson } from "../../terminal/plain-text.ts";
import { userLines } from "../user-lines.ts";

interface UsersFlags extends SignInFlags {
  readonly json?: boolean;
  readonly server?: string;
  readonly role?: Role;
  readonly tag?: readonly string[];
}

const HELP_TEXT = `
A viewer looks. An operator also runs ops, names hosts and answers alerts. An admin also adds and removes hosts and users.
Whoever gets another role, is disabled, reset or removed is signed out at once.

Who is limited to some tags sees and acts on the hosts that carry one of them, and no others. That changes at once, without a new sign-in.

Examples:
  neverstale users invite maria --role operator --url https://fleet.example.org --password-file admin.txt
  neverstale users role maria admin
  neverstale users limit maria team:web team:shop
  neverstale users list --json | jq -r 'select(.status == "locked_out") | .name'`;

export const addUsers: AddCommand = (root, end) => {
  const users = root.command("users").description("list, invite, change and remove those who may sign in");
  users.addHelpText("after", HELP_TEXT);
  addTo(users, end, "list", "print the users, and who of them can sign in", async (session, flags) => {
    const found = ShownUser.array().parse(await session.getJson("/api/users"));
    const lines = flags.json === true ? found.map((user) => plainJson(JSON.stringify(user))) : userLines(found);
    for (const line of lines) process.stdout.write(`${line}\n`);
  });
  addTo(users, end, "invite <name>", "make a user, and print the one-time link to hand over", invite)
    .addOption(new Option("--role <role>", "what the user may do").choices([...ROLES]).default("viewer"))
    .addOption(tagOption("only hosts with this tag are seen and acted on; repeatable"))
    .option("--server <address>", "where the person finds the server; default: --url");
  addTo(users, end, "role <name> <role>", "give a user another role: viewer, operator or admin", change(asRole));
  addTo(
    users,
    end,
    "limit <name> <tags...>",
    "show a user only the hosts that carry one of these tags",
    change(asTags),
  );
  addTo(
    users,
    end,
    "unlimit <name>",
    "show a user the whole fleet",
    change(() => ({ tags: null })),
  );
  addTo(
    users,
    end,
    "disable <name>",
    "sign a user out, and let nobody in by that name",
    change(() => ({ disabled: true })),
  );
  addTo(
    users,
    end,
    "enable <name>",
    "let a user in again",
    change(() => ({ disabled: false })),
  );
  addTo(users, end, "reset <name>", "take a user's password away, and print a one-time link for another", reset).option(
    "--server <address>",
    "where the person finds the server; default: --url",
  );
  addTo(
    users,
    end,
    "take-second-factor <name>",
    "take a user's second factor away, for who has lost the app and the recovery codes",
    async (session, _, [name = ""]) => {
      await session.change("DELETE", `${pathOf(name)}/second-factor`);
    },
  );
  addTo(users, end, "remove <name>", "remove a user; events keep the name", async (session, _, [name = ""]) => {
    await session.change("DELETE", pathOf(name));
  });
};

type Run = (session: CommandLineSession, flags: UsersFlags, args: readonly string[]) => Promise<void>;

function addTo(users: Command, end: ProcessEnd, usage: string, description: string, run: Run): Command {
  const command = withPersonSignIn(users.command(usage).description(description));
  return command.option("--json", "print JSON, one object on each line").action(async () => {
    const flags = command.opts<UsersFlags>();
    await withSession(flags, (session) => run(session, flags, command.args));
    end.status = EXIT.ok;
  });
}

function pathOf(name: string): string {
  return `/api/users/${encodeURIComponent(name)}`;
}

async function invite(session: CommandLineSession, flags: UsersFlags, [name = ""]: readonly string[]): Promise<void> {
  const { role = "viewer", tag } = flags;
  const asked = { name, role, ...(tag !== undefined && { tags: [...tag] }) };
  printLink(OneTimeLinkAnswer.parse(await session.postJson("/api/users", asked)), flags);
}

async function reset(session: CommandLineSession, flags: UsersFlags, [name = ""]: readonly string[]): Promise<void> {
  printLink(OneTimeLinkAnswer.parse(await session.change("POST", `${pathOf(name)}/reset`)), flags);
}

function change(body: (args: readonly string[]) => JsonObject): Run {
  return async (session, { json }, args) => {
    const changed = ShownUser.parse(await session.change("PATCH", pathOf(args[0] ?? ""), body(args)));
    if (json === true) process.stdout.write(`${plainJson(JSON.stringify(changed))}\n`);
  };
}

/** The server refuses what is no role, in its own words. */
function asRole([, role = ""]: readonly string[]): JsonObject {
  return { role };
}

function asTags([, ...tags]: readonly string[]): JsonObject {
  return { tags };
}

/** The link alone goes to standard output, and everything else to standard error. */
function printLink({ user, token, expiresAt }: OneTimeLinkAnswer, { json, server, url }: UsersFlags): void {
  const link = inviteLink(server ?? url, token, user.name);
  if (json === true) process.stdout.write(`${plainJson(JSON.stringify({ user, link, expiresAt }))}\n`);
  if (json === true) return;
  process.stderr.write(`Hand this to ${user.name}, who sets a password by it. It works once, until ${expiresAt}:\n`);
  process.stdout.write(`${link}\n`);
}
