/** A run is put into words here, as its row on the screen says them. */

import type { Args, Command } from "@neverstale/fleet-domain";
import { containsWords } from "../state/record-lists.ts";
import { commandLook } from "./command-look.ts";

export function argWords(args: Args): string {
  return Object.entries(args)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
}

/** It says why a command is pending or ended so, and how far it is while it runs. */
export function reasonWords(command: Command): string {
  if (command.status !== "running" || command.progress === undefined) {
    return command.cancelRequested === true && command.status === "running" ? "stopping" : (command.reason ?? "");
  }
  const { phase, current, total, message } = command.progress;
  const amount = current === undefined ? "" : total === undefined ? ` ${current}` : ` ${current}/${total}`;
  return `${phase}${amount}${message === undefined ? "" : `: ${message}`}`;
}

/** It is true when all words of the filter occur in what the row shows. */
export function matchesWords(command: Command, names: readonly string[], filter: string): boolean {
  const text = [
    command.op,
    ...names,
    commandLook(command.status).word,
    command.requestedBy,
    reasonWords(command),
    argWords(command.args),
  ];
  return containsWords(text, filter);
}
