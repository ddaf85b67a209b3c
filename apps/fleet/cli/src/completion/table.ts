/** The table of what can be typed is read from the commands themselves, so that no shell offers what isn't there. */

import type { Command, Option } from "commander";

/** A place is the names of the commands up to there: `users invite`. It is empty for the program itself. */
export interface CompletedPlace {
  readonly place: string;
  readonly commands: readonly Offered[];
  readonly options: readonly OfferedOption[];
}

interface Offered {
  readonly names: readonly string[];
  readonly description: string;
}

export interface OfferedOption extends Offered {
  /** It says what follows the option. */
  readonly value: "nothing" | "text" | "file" | "directory" | readonly string[];
}

export function completionTable(root: Command): CompletedPlace[] {
  return placesOf(root, "");
}

function placesOf(command: Command, place: string): CompletedPlace[] {
  const help = { names: ["--help"], description: "print how it is used", value: "nothing" } as const;
  const own = {
    place,
    commands: command.commands.map((each) => ({ names: namesOf(each), description: each.description() })),
    options: [...command.options.filter(({ hidden }) => !hidden).map(offeredOption), help],
  };
  const below = command.commands.flatMap((each) =>
    namesOf(each).flatMap((name) => placesOf(each, place === "" ? name : `${place} ${name}`)),
  );
  return [own, ...below];
}

function namesOf(command: Command): string[] {
  return [command.name(), ...command.aliases()];
}

function offeredOption(option: Option): OfferedOption {
  const names = [option.short, option.long].filter((name) => typeof name === "string");
  return { names, description: option.description, value: valueBehind(option) };
}

function valueBehind({ required, optional, argChoices, long }: Option): OfferedOption["value"] {
  const name = long ?? "";
  if (!required && !optional) return "nothing";
  if (argChoices !== undefined) return argChoices;
  if (name.endsWith("-dir")) return "directory";
  return /-(file|cert|key)$|^--(out|ca|markers)$/.test(name) ? "file" : "text";
}
