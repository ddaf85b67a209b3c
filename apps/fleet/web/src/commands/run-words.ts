import type { Args, Command } from "@neverstale/fleet-domain";
import { folded } from "@neverstale/fleet-domain/schema-free";
import { commandLook } from "../components/looks.ts";

/** Newest first; commands of one moment by id, so that the order is always the same. */
export function newestFirst<R extends { readonly id: string; readonly createdAt: string }>(
  records: readonly R[],
): readonly R[] {
  return records.toSorted((a, b) => compare(b.createdAt, a.createdAt) || compare(b.id, a.id));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function argWords(args: Args): string {
  return Object.entries(args)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
}

/** Why it is pending or ended so; while it runs, how far it is. */
export function reasonWords(command: Command): string {
  if (command.status !== "running" || command.progress === undefined) {
    return command.cancelRequested === true && command.status === "running" ? "stopping" : (command.reason ?? "");
  }
  const { phase, current, total, message } = command.progress;
  const amount = current === undefined ? "" : total === undefined ? ` ${current}` : ` ${current}/${total}`;
  return `${phase}${amount}${message === undefined ? "" : `: ${message}`}`;
}

/** All words of the filter occur somewhere in what the row shows. */
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

export function containsWords(texts: readonly string[], filter: string): boolean {
  const whole = folded(texts.join("\n"));
  return folded(filter)
    .split(/\s+/)
    .every((word) => whole.includes(word));
}
