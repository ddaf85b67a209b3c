import { type Command, CommandLogAnswer } from "@neverstale/fleet-domain";
import { Failure } from "../failure.ts";
import type { Session } from "./session.ts";

/** How a command ended that has left the live state: of a host's commands only the newest stay in it. */
export async function endedCommand(session: Session, host: string, id: string): Promise<Command> {
  for (let before = ""; ; ) {
    const path = `/api/commands?limit=1000&host=${encodeURIComponent(host)}${before}`;
    const { commands, next } = CommandLogAnswer.parse(await session.getJson(path));
    const found = commands.find((command) => command.id === id);
    if (found !== undefined) return found;
    if (next === null)
      throw new Failure(`how ${id} ended is not known any more`, { hint: "The history has an end too." });
    before = `&before=${encodeURIComponent(next)}`;
  }
}
