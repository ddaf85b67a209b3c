/** The files of one command id lie in the directory of its host. Ids come from outside: anything unusual is refused. */

import { join } from "node:path";

export interface CommandFiles {
  /** The agent writes a `JournalEntry` here. */
  readonly entry: string;
  /** The one runner that may run the id makes this file, once. It holds a `RunnerMark`. */
  readonly runner: string;
  /** This file holds the `ProcessMark` of the command itself. */
  readonly child: string;
  /** This file holds the `Exit` of the command. */
  readonly exit: string;
  /** When this file is there, the command is to be stopped. */
  readonly stop: string;
  /** The command's output comes in through this pipe, which is there for a moment only. */
  readonly pipe: string;
  /** This file holds what the command has written so far. */
  readonly spool: string;
}

export function commandFiles(directory: string, commandId: string): CommandFiles {
  if (!isFileSafe(commandId)) throw new Error(`command id ${JSON.stringify(commandId)} can't be a file name`);
  const base = join(journalDirectory(directory), commandId);
  return {
    entry: `${base}.entry.json`,
    runner: `${base}.runner.json`,
    child: `${base}.child.json`,
    exit: `${base}.exit.json`,
    stop: `${base}.stop`,
    pipe: `${base}.pipe`,
    spool: join(spoolDirectory(directory), `${commandId}.out`),
  };
}

/** Everything of one host id lies in this directory. Throws for an id that can't be part of a file's name. */
export function hostDirectory(dataDir: string, hostId: string): string {
  if (!SAFE_HOST.test(hostId)) throw new Error(`the host id ${JSON.stringify(hostId)} can't be a directory's name`);
  return join(dataDir, `host-${hostId}`);
}

/** The runs of checks lie apart from the commands of the server, which is told of those. */
export function checkDirectory(dataDir: string, hostId: string): string {
  return join(hostDirectory(dataDir, hostId), "checks");
}

/** `directory` holds everything of one host id: a new enrolment begins with a clean one. */
export function journalDirectory(directory: string): string {
  return join(directory, "journal");
}

export function spoolDirectory(directory: string): string {
  return join(directory, "spool");
}

export function isFileSafe(commandId: string): boolean {
  return SAFE_ID.test(commandId);
}

const SAFE_ID = /^[A-Za-z0-9_-]{1,128}$/;
/** A host's id is its name as a rule, and names have dots. `host-` stands before it. */
const SAFE_HOST = /^[A-Za-z0-9._-]{1,128}$/;
