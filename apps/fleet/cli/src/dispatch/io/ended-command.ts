/** An ended command may have left the live state, which keeps only the newest of each host. The history still has it. */

import { type Command, CommandLogAnswer } from "@neverstale/fleet-domain";
import { Failure } from "../../command-line/failure.ts";
import type { CommandLineSession } from "../../session/io/session.ts";

/** A host of null means that nobody knows on which one it ran. */
export async function endedCommand(session: CommandLineSession, host: string | null, id: string): Promise<Command> {
  const ofHost = host === null ? "" : `&host=${encodeURIComponent(host)}`;
  for (let before = ""; ; ) {
    const path = `/api/commands?limit=1000${ofHost}${before}`;
    const { commands, next } = CommandLogAnswer.parse(await session.getJson(path));
    const found = commands.find((command) => command.id === id);
    if (found !== undefined) return found;
    if (next === null)
      throw new Failure(`there is no command ${id} any more, if there was one`, {
        hint: "The history has an end too.",
      });
    before = `&before=${encodeURIComponent(next)}`;
  }
}
