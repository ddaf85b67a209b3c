/** The output of each command has a space, which begins with the command and goes when the command leaves the state. */

import {
  type AgentReport,
  type Command,
  chunkId,
  type Fleet,
  isFinal,
  OUTPUT_SPACES,
  OUTPUT_STATUS_ID,
  type OutputStatus,
} from "@neverstale/fleet-domain";
import { utf8Bytes } from "@neverstale/protocol";
import { noteWithin } from "../fleet/note.ts";
import type { Work } from "../fleet/work.ts";

/** A command's output can be followed from now on. */
export function beginOutput(work: Work, commandId: string): void {
  work.changeOutput(commandId, "output_progress", { id: OUTPUT_STATUS_ID, bytes: 0, lines: 0, finished: false });
}

type OutputReport = Extract<AgentReport, { type: "output" }>;

/** It says what is kept of a command's output. `bytes` is the offset that comes next. Null means that nobody keeps it. */
export function outputStatus(work: Work, commandId: string): OutputStatus | null {
  return work.output(commandId)?.status.get(OUTPUT_STATUS_ID) ?? null;
}

export function appendOutput(
  work: Work,
  command: Command,
  status: OutputStatus,
  { bytes, text }: Pick<OutputReport, "bytes" | "text">,
): void {
  const [offset, end] = [status.bytes, status.bytes + bytes];
  const { lines } = status;
  const line = lines === undefined ? {} : { line: lines + 1 };
  const counted = lines === undefined ? {} : { lines: lines + text.split("\n").length - 1 };
  work.changeOutput(command.id, "output_appended", {
    id: chunkId(offset),
    offset,
    bytes,
    text,
    at: work.at.iso,
    ...line,
  });
  const finished = isFinal(command.status) && end >= command.outputBytes;
  work.changeOutput(command.id, "output_progress", { ...status, ...counted, bytes: end, finished });
}

/** The mark of the cut is the last piece that is kept. */
export function cutOutput(work: Work, command: Command, status: OutputStatus, why: string): void {
  const text = `\n[output cut: ${why}]\n`;
  appendOutput(work, command, { ...status, cut: true }, { text, bytes: utf8Bytes(text) });
  noteWithin(work, {
    category: "error",
    level: "warn",
    actor: "server",
    host: command.host,
    action: "output_cut",
    message: `the output of ${command.op} on ${command.host} was cut: ${why}`,
    details: { commandId: command.id },
  });
}

/** A program may say how it stops, but not go on for ever. */
export function limitOutput(work: Work, commandId: string): void {
  const status = outputStatus(work, commandId);
  const { outputBytesAfterCancel } = work.budgets.limits;
  if (status === null) return;
  work.changeOutput(commandId, "output_progress", { ...status, atMost: status.bytes + outputBytesAfterCancel });
}

/** It returns how many bytes the output has in the end, or null when nobody keeps it. */
export function finishOutput(work: Work, commandId: string): number | null {
  const status = outputStatus(work, commandId);
  if (status === null) return null;
  work.changeOutput(commandId, "output_finished", { ...status, finished: true });
  return status.bytes;
}

/** It returns the ids of commands that have left the state, and whose output has not. */
export function outputsLeftBehind({ commands }: Fleet, spaces: readonly string[]): string[] {
  return spaces
    .filter((name) => name.startsWith(OUTPUT_SPACES))
    .map((name) => name.slice(OUTPUT_SPACES.length))
    .filter((commandId) => !commands.has(commandId));
}

/** Output can be followed as long as its command is in the state. Then it is in the history, for as long as that is kept. */
export function archiveOutput(work: Work, commandId: string): void {
  if (!work.fleet.commands.has(commandId)) work.removeOutput(commandId);
}
