/** `neverstale groups` lists, saves and removes groups of hosts. */

import { GroupAnswers } from "@neverstale/fleet-domain";
import type { AddCommand } from "../../command-line/command.ts";
import { EXIT } from "../../command-line/failure.ts";
import { type SignInFlags, withSignIn } from "../../command-line/flags.ts";
import { withSession } from "../../session/io/with-session.ts";
import { oneLine, plainJson } from "../../terminal/plain-text.ts";

interface GroupFlags extends SignInFlags {
  readonly json?: boolean;
  readonly title?: string;
}

const HELP_TEXT = `
A group is a filter with a name, in the words of the page's filter: web tag:prod status:online cpu:>80 -tag:test. Who is in it follows from how the
hosts are at that moment.

Examples:
  neverstale groups save web "tag:web -tag:test" --title "Web servers"
  neverstale dispatch uptime --group web`;

export const addGroups: AddCommand = (root, end) => {
  const groups = root
    .command("groups")
    .description("list, save and remove groups of hosts")
    .addHelpText("after", HELP_TEXT);
  withSignIn(groups.command("list").description("print the groups, with how many hosts are in each"))
    .option("--json", "print JSON, one object on each line")
    .action(async (flags: GroupFlags) => {
      await withSession(flags, async (session) => {
        const found = GroupAnswers.parse(await session.getJson("/api/groups"));
        for (const group of found) {
          const { id, filter, hosts, title } = group;
          const words = `${id}  ${hosts.length === 1 ? "1 host" : `${hosts.length} hosts`}  ${filter}${title === undefined ? "" : `  (${title})`}`;
          process.stdout.write(`${flags.json === true ? plainJson(JSON.stringify(group)) : oneLine(words)}\n`);
        }
      });
      end.status = EXIT.ok;
    });
  withSignIn(groups.command("save <name> <filter>").description("save a group; one of the same name gives way to it"))
    .option("--title <text>", "what people call it")
    .action(async (name: string, filter: string, flags: GroupFlags) => {
      const title = flags.title === undefined ? {} : { title: flags.title };
      await withSession(flags, (session) => session.postJson("/api/groups", { name, filter, ...title }));
      end.status = EXIT.ok;
    });
  withSignIn(groups.command("remove <name>").description("remove a group; its hosts stay")).action(
    async (name: string, flags: GroupFlags) => {
      await withSession(flags, (session) => session.change("DELETE", `/api/groups/${encodeURIComponent(name)}`));
      end.status = EXIT.ok;
    },
  );
};
