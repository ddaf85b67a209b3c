/** The runner is a process that runs one command to its end, whatever becomes of the agent. */

import { type ChildProcess, type SpawnOptions, type StdioOptions, spawn } from "node:child_process";
import * as fs from "node:fs";
import { dirname } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { accountEnv } from "../../machine/io/account.ts";
import { createDurably, errorCode, syncDirectory } from "../../machine/io/durable-files.ts";
import type { Job } from "../../policy/job.ts";
import { type CommandOutcome, type Exit, MAX_REASON } from "../exit.ts";
import type { JournalEntry } from "../journal-entry.ts";
import { type CommandFiles, commandFiles } from "./command-files.ts";
import { CommandProcesses } from "./command-processes.ts";
import { type OutputPipe, openOutputPipe } from "./output-pipe.ts";
import { markOf } from "./processes.ts";
import { SpoolWriter } from "./spool.ts";

/** The exit status is written over a block that was reserved before the start: a full disk can't lose it. */
const EXIT_ROOM = 4096;
/** Processes that the command left in its group have this long to end by themselves. */
const LEFTOVER_MS = 250;
/** A pipe that a process outside the group still holds may stay open this long. */
const PIPE_MS = 1_000;

type Ending = { readonly outcome: CommandOutcome; readonly reason: string };

/**
 *   mark made (once per id) -> running --exit--> group empty -> exit status on disk
 *                                 |  timeout, or TERM to the runner
 *                                 +-> TERM to all it started -> grace -> KILL -> exit status on disk
 */
class RunningCommand {
  readonly #files: CommandFiles;
  readonly #job: Job;
  readonly #startBefore: number;
  readonly #processes: CommandProcesses;
  #begun = false;
  #ending: Ending | null = null;
  /** It says whether nothing of the command runs any more. */
  #stopped: Promise<boolean> | null = null;

  constructor(files: CommandFiles, job: Job, startBefore: number) {
    this.#files = files;
    this.#job = job;
    this.#startBefore = startBefore;
    this.#processes = new CommandProcesses(files.entry);
  }

  async toItsEnd(): Promise<void> {
    await insist(dirname(this.#files.exit), () =>
      fs.writeFileSync(temporary(this.#files), " ".repeat(EXIT_ROOM), { mode: 0o600, flush: true }),
    );
    if (Date.now() > this.#startBefore)
      return this.#write(notStarted("expired", "its deadline passed before it could start"));
    if (this.#ending !== null) return this.#write(notStarted(this.#ending.outcome, this.#ending.reason));
    const startedAt = new Date().toISOString();
    const spool = new SpoolWriter(this.#files.spool, this.#job.outputCapBytes);
    const end = await this.#run(spool);
    const outputBytes = spool.close();
    const reasons = [end.reason, spool.failure].filter((reason) => reason !== null);
    const reason = reasons.length === 0 ? null : reasons.join("; ");
    await this.#write({
      ...end,
      reason,
      startedAt,
      finishedAt: new Date().toISOString(),
      outputBytes,
      droppedBytes: spool.droppedBytes,
    });
  }

  /** Only the first call counts: a timeout while the command is being cancelled is a cancel. */
  stop(ending: Ending): void {
    if (this.#ending !== null) return;
    this.#ending = ending;
    if (this.#begun) this.#stopped = this.#processes.end(this.#job.killGraceMs);
  }

  async #run(spool: SpoolWriter): Promise<Pick<Exit, "outcome" | "exitCode" | "signal" | "reason">> {
    const [program = "", ...args] = this.#job.argv;
    const pipe = openOutputPipe(this.#files.pipe, this.#job.user);
    let child: ChildProcess;
    try {
      child = this.#processes.begin(() => spawn(program, args, this.#spawnOptions(pipe)));
    } catch (error) {
      pipe?.output.destroy();
      return notRun(this.#job, error instanceof Error ? error.message : String(error));
    } finally {
      if (pipe !== null) fs.closeSync(pipe.writeEnd);
    }
    const outputs = pipe === null ? [child.stdout, child.stderr].filter((stream) => stream !== null) : [pipe.output];
    for (const output of outputs) output.on("data", (bytes: Buffer) => spool.write(bytes));
    const piped = Promise.all(outputs.map(untilClosed));
    const ended = endOf(child);
    if (child.pid === undefined) return notRun(this.#job, (await ended).error);
    this.#begun = true;
    this.#mark(child.pid);

    const timer = setTimeout(
      () => this.stop({ outcome: "timed_out", reason: `ran longer than ${this.#job.timeoutMs} ms` }),
      this.#job.timeoutMs,
    );
    const { code, signal } = await ended;
    clearTimeout(timer);
    const leftBehind = this.#stopped === null && (await this.#processes.endGroup(LEFTOVER_MS, this.#job.killGraceMs));
    await this.#stopped;
    const isHeld = await Promise.race([piped.then(() => false), delay(PIPE_MS, true, { ref: false })]);
    const isOver = (await this.#stopped) ?? true; // The stop may have come while the pipe was waited for.
    for (const output of outputs) output.destroy();
    this.#processes.release();
    if (leftBehind && this.#ending === null) spool.note("background processes of this op were ended with it");
    if (!isOver) spool.note("a process of this op could not be ended, and lives on");
    else if (isHeld) spool.note("a background process of this op lives on: what it writes from here on is not kept");
    return { exitCode: code, signal, ...this.#judge(code, signal) };
  }

  #spawnOptions(pipe: OutputPipe | null): SpawnOptions {
    const { env, cwd, user } = this.#job;
    const streams: StdioOptions = pipe === null ? ["ignore", "pipe", "pipe"] : ["ignore", pipe.writeEnd, pipe.writeEnd];
    const whole = { ...accountEnv(user?.uid ?? null), ...env, ...this.#processes.env };
    return { env: whole, cwd, ...user, detached: true, stdio: streams, shell: false };
  }

  /**
   * Notes the command's process, so that it can be found when this runner is killed. A disk that doesn't accept the note must
   * not end this process: nobody would watch the command then.
   */
  #mark(pid: number): void {
    try {
      fs.writeFileSync(this.#files.child, JSON.stringify(markOf(pid)), { mode: 0o600 });
    } catch {
      this.stop({ outcome: "failed", reason: "stopped at once: the disk didn't take the note of its process" });
    }
  }

  #judge(code: number | null, signal: string | null): { outcome: CommandOutcome; reason: string | null } {
    if (this.#ending !== null) return this.#ending;
    if (code === 0) return { outcome: "succeeded", reason: null };
    return { outcome: "failed", reason: signal === null ? `exit status ${code}` : `ended by ${signal}` };
  }

  async #write(exit: Exit): Promise<void> {
    const text = JSON.stringify({ ...exit, reason: exit.reason?.slice(0, MAX_REASON) ?? null });
    await insist(dirname(this.#files.exit), () => {
      const file = fs.openSync(temporary(this.#files), "r+");
      try {
        fs.writeSync(file, text.padEnd(EXIT_ROOM), 0);
        fs.fsyncSync(file);
      } finally {
        fs.closeSync(file);
      }
      fs.renameSync(temporary(this.#files), this.#files.exit);
      syncDirectory(dirname(this.#files.exit));
    });
  }
}

function temporary(files: CommandFiles): string {
  return `${files.exit}.tmp`;
}

function notStarted(outcome: CommandOutcome, reason: string): Exit {
  const finishedAt = new Date().toISOString();
  return {
    outcome,
    reason,
    exitCode: null,
    signal: null,
    startedAt: null,
    finishedAt,
    outputBytes: 0,
    droppedBytes: 0,
  };
}

function failed(reason: string): Pick<Exit, "outcome" | "exitCode" | "signal" | "reason"> {
  return { outcome: "failed", exitCode: null, signal: null, reason };
}

/** When the directory to run in isn't there, the system blames the program: this says what it really is. */
function notRun(job: Job, error: string): ReturnType<typeof failed> {
  return failed(directoryProblem(job.cwd) ?? `${job.argv[0]} can't be started: ${error}`);
}

function directoryProblem(cwd: string): string | null {
  try {
    return fs.statSync(cwd).isDirectory() ? null : `the directory to run in, ${cwd}, is none`;
  } catch (error) {
    return `the directory to run in, ${cwd}, can't be used: ${errorCode(error)}`;
  }
}

function untilClosed(stream: Readable): Promise<void> {
  return new Promise((resolve) => stream.once("close", () => resolve()));
}

function endOf(child: ChildProcess): Promise<{ code: number | null; signal: string | null; error: string }> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal, error: "" }));
    child.once("error", (error) => resolve({ code: null, signal: null, error: error.message }));
  });
}

/**
 * Repeats `act` until it succeeds: as long as the status isn't on disk this process stays, so that the agent sees a running
 * command. It gives up only when the whole directory has been removed.
 */
async function insist(directory: string, act: () => void): Promise<void> {
  for (;;) {
    try {
      return act();
    } catch {
      if (!fs.existsSync(directory)) return;
      await delay(1_000);
    }
  }
}

/**
 * `node runner.ts DIRECTORY COMMAND_ID [START_BEFORE_MS]`. A second runner for an id finds the mark and goes without a word. TERM
 * means "cancelled" when the agent left the stop file. Otherwise it means that someone ends this process too (a shutdown).
 */
async function main(directory: string, commandId: string, startBefore: number): Promise<void> {
  const files = commandFiles(directory, commandId);
  const entry = JSON.parse(fs.readFileSync(files.entry, "utf8")) as JournalEntry; // The agent that started this has written it.
  const run = new RunningCommand(files, entry.job, startBefore);
  const told: Ending = {
    outcome: "failed",
    reason: "stopped because its runner was told to end: is the machine shutting down?",
  };
  const cancelled: Ending = { outcome: "cancelled", reason: "stopped on request" };
  process.on("SIGTERM", () => run.stop(fs.existsSync(files.stop) ? cancelled : told));
  for (const ignored of ["SIGINT", "SIGHUP"] as const) process.on(ignored, () => {});
  const mark = { ...markOf(process.pid), at: new Date().toISOString() };
  if (createDurably(files.runner, JSON.stringify(mark))) await run.toItsEnd();
}

process.umask(0o077);
const [directory = "", commandId = "", startBefore = "Infinity"] = process.argv.slice(2);
await main(directory, commandId, Number(startBefore));
