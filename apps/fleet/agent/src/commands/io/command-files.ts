import { join } from "node:path";

/** The files of one command id. Ids come from outside and become file names: anything unusual is refused. */
export interface CommandFiles {
  /** JournalEntry; written by the agent. */
  readonly entry: string;
  /** RunnerMark; made once, by the one runner that may run the id. */
  readonly runner: string;
  /** ProcessMark of the command itself. */
  readonly child: string;
  /** Exit. */
  readonly exit: string;
  /** There: the command is to be stopped. */
  readonly stop: string;
  /** Where the command's output comes in; there for a moment only. */
  readonly pipe: string;
  /** What the command has written so far. */
  readonly spool: string;
}

const SAFE_ID = /^[A-Za-z0-9_-]{1,128}$/;
/** A host's id is its name as a rule, which has dots; `host-` stands before it. */
const SAFE_HOST = /^[A-Za-z0-9._-]{1,128}$/;

export function isFileSafe(commandId: string): boolean {
  return SAFE_ID.test(commandId);
}

/** Where everything of one host id is; throws for an id that can't be part of a file's name. */
export function hostDirectory(dataDir: string, hostId: string): string {
  if (!SAFE_HOST.test(hostId)) throw new Error(`the host id ${JSON.stringify(hostId)} can't be a directory's name`);
  return join(dataDir, `host-${hostId}`);
}

/** `directory` holds everything of one host id: a new enrolment begins with a clean one. */
export function journalDirectory(directory: string): string {
  return join(directory, "journal");
}

export function spoolDirectory(directory: string): string {
  return join(directory, "spool");
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
