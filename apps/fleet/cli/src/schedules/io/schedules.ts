/** `neverstale schedules` prints when each schedule is due, and what became of it last, and runs one of them now. */

import { ScheduleAnswers, ScheduleRunAnswer } from "@neverstale/fleet-domain";
import type { AddCommand } from "../../command-line/command.ts";
import { EXIT } from "../../command-line/failure.ts";
import { type SignInFlags, withSignIn } from "../../command-line/flags.ts";
import { withSession } from "../../session/io/with-session.ts";
import { plainJson } from "../../terminal/plain-text.ts";
import { hasTrouble, scheduleLines } from "../schedule-lines.ts";

const HELP_TEXT = `
Schedules are part of the server's fleet.yaml. Times are in UTC. A schedule that is run now is due as before, too. It ends with 1 when one of them was missed, left out or could not begin when it was
due last.`;

export const addSchedules: AddCommand = (root, end) => {
  const schedules = root.command("schedules");
  withSignIn(schedules.description("print when each schedule is due, and what became of it last"))
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
  withSignIn(
    schedules.command("run <name>").description("start now what a schedule says, and print the id of the run"),
  ).action(async (name: string, flags: SignInFlags) => {
    const path = `/api/schedules/${encodeURIComponent(name)}/run`;
    const answer = await withSession(flags, (session) => session.postJson(path, {}));
    const { runId, pipelineId } = ScheduleRunAnswer.parse(answer);
    process.stdout.write(`${pipelineId ?? runId ?? ""}\n`);
    end.status = EXIT.ok;
  });
};
