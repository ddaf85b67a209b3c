/** The page says what is true of a run now, by what the live state says of its commands. */

import type { Command } from "@neverstale/fleet-domain";
import { isFinal } from "@neverstale/fleet-domain/schema-free";
import type { Shape, Tone } from "../components/mark.tsx";
import { howMany } from "../state/format.ts";

export function startedWords(run: StartedRun, commandOf: (id: string) => Command | undefined): StartedWords {
  if (run.commandIds.length === 0) return words("busy", "turn", `${run.title} has begun.`, true);
  const commands = run.commandIds.map(commandOf);
  const running = commands.filter((command) => command?.status === "running").length;
  const under = commands.filter((command) => command !== undefined && !isFinal(command.status)).length;
  const succeeded = commands.filter((command) => command?.status === "succeeded").length;
  const others = run.commandIds.length - under - succeeded;
  const parts = [
    ...(under > running ? [`waits to begin on ${howMany(under - running, "host")}`] : []),
    ...(running > 0 ? [`is running on ${howMany(running, "host")}`] : []),
    ...(succeeded > 0 ? [`has succeeded on ${howMany(succeeded, "host")}`] : []),
    ...(others > 0 ? [`has not succeeded on ${howMany(others, "host")}`] : []),
  ];
  const sentence = `${run.title} ${parts.join(", ")}.`;
  if (under > 0) return words("busy", "turn", sentence, false);
  return others > 0 ? words("bad", "cross", sentence, true) : words("good", "check", sentence, true);
}

function words(tone: Tone, shape: Shape, sentence: string, ended: boolean): StartedWords {
  return { tone, shape, sentence, ended };
}

/** This is what a dispatch has started. */
export interface StartedRun {
  /** This is the op's title, or the pipeline's name. */
  readonly title: string;
  /** A pipeline has none here: it has a screen of its own. */
  readonly commandIds: readonly string[];
}

export interface StartedWords {
  readonly tone: Tone;
  readonly shape: Shape;
  readonly sentence: string;
  /** Nothing of it runs or waits any more. */
  readonly ended: boolean;
}
