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

/**
 * It is true when all words of the filter occur in what the row shows. A word such as `status:failed`, `op:disk`, `host:web-1` or `by:admin` is
 * about that alone, and means the whole of it.
 */
export function matchesWords(command: Command, names: readonly string[], filter: string): boolean {
  const words = filter.split(/\s+/);
  const terms = words.flatMap((word) => termOf(word) ?? []);
  if (!terms.every(({ field, value }) => fieldOf(command, field) === value)) return false;
  const rest = words.filter((word) => termOf(word) === null).join(" ");
  return rest === "" || containsAll(command, names, rest);
}

export interface RunTerm {
  readonly field: "status" | "op" | "host" | "by";
  readonly value: string;
}

/** Null means that it is a word like any other. */
export function termOf(word: string): RunTerm | null {
  const [, field, value] = /^(status|op|host|by):(.+)$/.exec(word) ?? [];
  return field === undefined || value === undefined ? null : { field: field as RunTerm["field"], value };
}

function fieldOf(command: Command, field: RunTerm["field"]): string {
  return field === "by" ? command.requestedBy : command[field];
}

function containsAll(command: Command, names: readonly string[], filter: string): boolean {
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
