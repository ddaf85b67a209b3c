/** `neverstale export` writes the hosts or the audit to standard output, for other programs and for keeping. */

import { once } from "node:events";
import { Option } from "commander";
import type { AddCommand } from "../../command-line/command.ts";
import { type SignInFlags, withSignIn } from "../../command-line/flags.ts";
import type { CommandLineSession } from "../../session/io/session.ts";
import { withSession } from "../../session/io/with-session.ts";

const HELP_TEXT = `
The audit needs an admin. A cell of CSV that a spreadsheet would take for a formula begins with an apostrophe. Times are ISO 8601 in UTC.

Examples:
  neverstale export hosts --tag prod > hosts.csv
  neverstale export audit --format json --from 2026-06-01T00:00:00Z > june.json`;

interface ExportFlags extends SignInFlags {
  readonly format: string;
  readonly tag?: string;
  readonly from?: string;
  readonly to?: string;
  readonly actor?: string;
  readonly action?: string;
  readonly host?: string;
}

export const addExport: AddCommand = (root) => {
  const group = root.command("export").description("write the hosts or the audit as CSV or JSON");
  const format = () => new Option("--format <format>", "how it is written").choices(["csv", "json"]).default("csv");
  withSignIn(group.command("hosts").description("the hosts as they are now, with their figures"))
    .addOption(format())
    .option("--tag <tag>", "only hosts with this tag")
    .addHelpText("after", HELP_TEXT)
    .action((flags: ExportFlags) => exportTo("/api/hosts/export", flags, ["format", "tag"]));
  withSignIn(group.command("audit").description("who did what, the oldest first"))
    .addOption(format())
    .option("--from <time>", "not before then")
    .option("--to <time>", "before then")
    .option("--actor <name>", "only what this one did")
    .option("--action <action>", "only this, as in op_dispatched")
    .option("--host <id>", "only what concerns this host")
    .addHelpText("after", HELP_TEXT)
    .action((flags: ExportFlags) =>
      exportTo("/api/audit/export", flags, ["format", "from", "to", "actor", "action", "host"]),
    );
};

async function exportTo(path: string, flags: ExportFlags, names: readonly (keyof ExportFlags)[]): Promise<void> {
  const asked = new URLSearchParams();
  for (const name of names) if (flags[name] !== undefined) asked.set(name, flags[name]);
  await withSession(flags, (session) => printAll(session, `${path}?${asked}`));
}

/** It is written as fast as it is read. */
export async function printAll(session: CommandLineSession, path: string): Promise<void> {
  for await (const piece of session.download(path))
    if (!process.stdout.write(piece)) await once(process.stdout, "drain");
}
