/** `neverstale schedules` prints when each schedule is due, and what became of it last. */

import { ScheduleAnswers } from "@neverstale/fleet-domain";
import type { AddCommand } from "../../command-line/command.ts";
import { EXIT } from "../../command-line/failure.ts";
import { type SignInFlags, withSignIn } from "../../command-line/flags.ts";
import { withSession } from "../../session/io/with-session.ts";
import { plainJson } from "../../terminal/plain-text.ts";
import { hasTrouble, scheduleLines } from "../schedule-lines.ts";

const HELP_TEXT = `
Schedules are part of the server's fleet.yaml. Times are in UTC. It ends with 1 when one of them was missed, left out or could not begin when it was
due last.`;

export const addSchedules: AddCommand = (root, end) => {
  withSignIn(root.command("schedules").description("print when each schedule is due, and what became of it last"))
    .option("--json", "print one JSON object on each line")
    .addHelpText("after", HELP_TEXT)
    .action(async (flags: SignInFlags & { readonly json?: boolean }) => {
      const found = await withSession(flags, async (session) =>
        ScheduleAnswers.parse(await session.getJson("/api/schedules")),
      );
      const lines =
        flags.json === true ? found.map((schedule) => plainJson(JSON.stringify(schedule))) : scheduleLines(found);
      for (const line of lines) process.stdout.write(`${line}\n`);
      end.status = found.some(hasTrouble) ? EXIT.no : EXIT.ok;
    });
};
