/** The journal holds the commands of one host id on disk, where they survive the agent. */

import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { createDurably, readIfThere, writeDurably } from "../../machine/io/durable-files.ts";
import type { CommandBook } from "../command-book.ts";
import { COMMAND_OUTCOMES, type CommandOutcome, type Exit, MAX_REASON } from "../exit.ts";
import type { JournalEntry } from "../journal-entry.ts";
import type { Known } from "../known.ts";
import type { ProcessMark, RunnerMark } from "../process-mark.ts";
import { type CommandFiles, commandFiles, journalDirectory, spoolDirectory } from "./command-files.ts";
import { CommandProcesses } from "./command-processes.ts";
import { isAlive } from "./processes.ts";
import { readSpool, spoolSize } from "./spool.ts";

/**
 * It holds what the agent wrote before it asked for a command, and what the command's runner left. All of it is read again rather
 * than remembered.
 */
export class Journal implements CommandBook {
  readonly #directory: string;
  readonly #entries = new Map<string, JournalEntry>();

  /** Reads what is there. An entry that can't be read is reported and left alone: it is never started. */
  constructor(directory: string, onUnreadable: (file: string, error: unknown) => void) {
    this.#directory = directory;
    for (const path of [journalDirectory(directory), spoolDirectory(directory)])
      fs.mkdirSync(path, { recursive: true, mode: 0o700 });
    for (const file of fs.readdirSync(journalDirectory(directory))) {
      if (!ENTRY_FILE.test(file)) continue;
      try {
        const entry = Entry.parse(JSON.parse(fs.readFileSync(join(journalDirectory(directory), file), "utf8")));
        this.#entries.set(entry.commandId, entry);
      } catch (error) {
        onUnreadable(file, error);
      }
    }
  }

  entries(): readonly JournalEntry[] {
    return [...this.#entries.values()];
  }

  has(commandId: string): boolean {
    return this.#entries.has(commandId) || fs.existsSync(this.#files(commandId).entry);
  }

  /** The entry is on disk when this returns. */
  write(entry: JournalEntry): void {
    writeDurably(this.#files(entry.commandId).entry, JSON.stringify(entry));
    this.#entries.set(entry.commandId, entry);
  }

  /** Returns what is known of a command right now. */
  look(entry: JournalEntry): Known {
    const files = this.#files(entry.commandId);
    const mark = readJson(files.runner, Runner, NO_RUNNER);
    const alive = mark !== null && isAlive(mark);
    const exit = readJson(files.exit, ExitFile, UNREADABLE); // This is read after the look at the process: a runner that ended in between has left it.
    const runner = mark === null ? "none" : alive && exit === null ? "alive" : "gone";
    return {
      entry,
      runner,
      startedAt: mark === null || mark.started === NO_RUNNER.started ? null : mark.at,
      exit,
      spooledBytes: spoolSize(files.spool),
    };
  }

  readOutput(commandId: string, offset: number, limit: number): Uint8Array {
    return readSpool(this.#files(commandId).spool, offset, limit);
  }

  /**
   * Starts the runner, which outlives this process. `startBeforeMs` is a time of this machine's wall clock. It does no harm
   * when a runner was started for the id before: only one of them runs it.
   */
  start(commandId: string, startBeforeMs: number | null, onError: (error: Error) => void): void {
    const args = [RUNNER, this.#directory, commandId, String(startBeforeMs ?? "Infinity")];
    const runner: ChildProcess = spawn(process.execPath, args, { detached: true, stdio: "ignore", cwd: "/", env: {} });
    runner.on("error", onError);
    runner.unref();
  }

  /** Asks the runner to end its command. A runner that is asked again does no more. */
  stop(commandId: string): void {
    const files = this.#files(commandId);
    createDurably(files.stop, "");
    const mark = readJson(files.runner, Runner, NO_RUNNER);
    if (mark !== null && isAlive(mark)) process.kill(mark.pid, "SIGTERM");
  }

  /**
   * Ends a command that hasn't started, and makes sure that it never will: a runner on its way finds its place occupied.
   * Nothing happens when one has begun after all: the next look shows it.
   */
  endUnstarted(commandId: string, outcome: CommandOutcome, reason: string): void {
    const files = this.#files(commandId);
    if (createDurably(files.runner, JSON.stringify(NO_RUNNER)))
      writeDurably(files.exit, exitWithoutRunner(outcome, reason, null, 0));
  }

  /** Ends a command whose runner is gone without a word. What it left running is killed. */
  endLost(commandId: string, reason: string): void {
    const files = this.#files(commandId);
    const child = readJson(files.child, Mark, NO_RUNNER);
    const processes = new CommandProcesses(files.entry);
    if (child !== null && isAlive(child)) processes.lead(child.pid);
    processes.kill();
    processes.release();
    const mark = readJson(files.runner, Runner, NO_RUNNER);
    const startedAt = mark === null || mark.started === NO_RUNNER.started ? null : mark.at;
    createDurably(files.exit, exitWithoutRunner("lost", reason, startedAt, spoolSize(files.spool)));
  }

  dropSpool(commandId: string): void {
    fs.rmSync(this.#files(commandId).spool, { force: true });
  }

  /** Forgets the id. From here on it could run again, so this must come long after its deadline. */
  forget(commandId: string): void {
    const files = this.#files(commandId);
    new CommandProcesses(files.entry).release();
    const { entry, ...others } = files;
    for (const path of [...Object.values(others), `${files.exit}.tmp`]) fs.rmSync(path, { force: true });
    fs.rmSync(entry, { force: true }); // The entry goes last: without it the others would never be looked at again.
    this.#entries.delete(commandId);
  }

  #files(commandId: string): CommandFiles {
    return commandFiles(this.#directory, commandId);
  }
}

const RUNNER = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "./runner.ts" : "./runner.js", import.meta.url));

const ENTRY_FILE = /^[A-Za-z0-9_-]+\.entry\.json$/;

const Mark = z.object({ pid: z.int().min(2), started: z.string() }) satisfies z.ZodType<ProcessMark>;
const Runner = Mark.extend({ at: z.string() }) satisfies z.ZodType<RunnerMark>;
const ExitFile = z.object({
  outcome: z.enum(COMMAND_OUTCOMES),
  exitCode: z.int().nullable(),
  signal: z.string().nullable(),
  reason: z.string().max(MAX_REASON).nullable(),
  startedAt: z.string().nullable(),
  finishedAt: z.string(),
  outputBytes: z.int().min(0),
  droppedBytes: z.int().min(0),
}) satisfies z.ZodType<Exit>;
const Entry = z.object({
  commandId: z.string(),
  op: z.string(),
  args: z.record(z.string(), z.union([z.string(), z.number()])),
  deadline: z.string().nullable(),
  instance: z.string(),
  journaledAt: z.string(),
  claim: z.enum(["asked", "refused"]),
  settledAt: z.string().nullable(),
  settledIn: z.object({ epoch: z.string(), version: z.int() }).nullable().default(null),
  job: z.object({
    argv: z.array(z.string()).min(1),
    env: z.record(z.string(), z.string()),
    cwd: z.string(),
    user: z.object({ uid: z.int(), gid: z.int() }).nullable(),
    timeoutMs: z.number(),
    killGraceMs: z.number(),
    outputCapBytes: z.number(),
  }),
}) satisfies z.ZodType<JournalEntry>;

/** This stands where a runner's mark would be. No process has this number. */
const NO_RUNNER: RunnerMark = { pid: 2 ** 31, started: "never", at: new Date(0).toISOString() };

const UNREADABLE: Exit = {
  outcome: "lost",
  reason: "its exit status can't be read",
  exitCode: null,
  signal: null,
  startedAt: null,
  finishedAt: NO_RUNNER.at,
  outputBytes: 0,
  droppedBytes: 0,
};

function exitWithoutRunner(
  outcome: CommandOutcome,
  reason: string,
  startedAt: string | null,
  outputBytes: number,
): string {
  const finishedAt = new Date().toISOString();
  const exit: Exit = {
    outcome,
    reason,
    exitCode: null,
    signal: null,
    startedAt,
    finishedAt,
    outputBytes,
    droppedBytes: 0,
  };
  return JSON.stringify(exit);
}

/**
 * Returns null when there is no file. `unreadable` stands for a file that isn't what was written there, as on a damaged disk.
 */
function readJson<T>(path: string, schema: z.ZodType<T>, unreadable: T): T | null {
  const text = readIfThere(path);
  if (text === null) return null;
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return unreadable;
  }
}
