import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { removeWithProcesses, runs } from "@neverstale/base/test-processes";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Job } from "../../policy/job.ts";
import type { Exit } from "../exit.ts";
import type { JournalEntry } from "../journal-entry.ts";
import { commandFiles } from "./command-files.ts";
import { ControlGroup } from "./control-group.ts";
import { Journal } from "./journal.ts";

let directory: string;
let journal: Journal;

beforeEach(() => {
  directory = fs.mkdtempSync(join(tmpdir(), "neverstale-runner-"));
  journal = openJournal();
});

afterEach(() => removeWithProcesses(directory));

test("a command's output and exit status are on disk when its runner is gone", async () => {
  const exit = await run(script("console.log('out'); console.error('err'); process.exitCode = 3"));

  expect(exit).toMatchObject({
    outcome: "failed",
    exitCode: 3,
    signal: null,
    reason: "exit status 3",
    droppedBytes: 0,
  });
  expect(output().split("\n").sort()).toEqual(["", "err", "out"]);
  expect(exit.outputBytes).toBe(8);
});

test("a command that can't be started ends as failed and says why", async () => {
  const exit = await run(job({ argv: ["/nothing/here"] }));

  expect(exit).toMatchObject({ outcome: "failed", exitCode: null });
  expect(exit.reason).toContain("ENOENT");
});

test("a command that the system refuses in another way ends as failed too", async () => {
  const exit = await run(job({ argv: ["/bin/echo", "x".repeat(4 * 1024 ** 2)] }));

  expect(exit).toMatchObject({ outcome: "failed", exitCode: null });
  expect(exit.reason).toContain("E2BIG");
});

test("a command whose process can't be noted on the disk is stopped, not left alone", async () => {
  fs.mkdirSync(commandFiles(directory, "c1").child);

  const exit = await run(script("setInterval(() => {}, 1000)"));

  expect(exit).toMatchObject({ outcome: "failed", signal: "SIGTERM" });
  expect(exit.reason).toContain("the disk didn't take");
});

test("two runners for one id run it once", async () => {
  journal.write(
    entry(
      script("require('node:fs').appendFileSync(process.env.COUNT, 'x')", { env: { COUNT: join(directory, "count") } }),
    ),
  );

  for (let n = 0; n < 4; n += 1) journal.start("c1", null, fail);
  await exitOf("c1");
  await settle();

  expect(fs.readFileSync(join(directory, "count"), "utf8")).toBe("x");
});

test("an id that was ended before its runner came up never runs", async () => {
  journal.write(
    entry(
      script("require('node:fs').writeFileSync(process.env.COUNT, 'x')", { env: { COUNT: join(directory, "count") } }),
    ),
  );

  journal.endUnstarted("c1", "cancelled", "stopped on request");
  const runner = spawn(process.execPath, [fileURLToPath(new URL("./runner.ts", import.meta.url)), directory, "c1"]);
  await new Promise((resolve) => runner.once("exit", resolve));

  expect(fs.existsSync(join(directory, "count"))).toBe(false);
  expect(look().exit).toMatchObject({ outcome: "cancelled", startedAt: null });
});

test("nothing starts after its deadline, however late the runner comes up", async () => {
  journal.write(entry(script("console.log('ran')")));

  journal.start("c1", Date.now() - 1, fail);

  expect(await exitOf("c1")).toMatchObject({ outcome: "expired", startedAt: null });
  expect(output()).toBe("");
});

test("killing the process that started the runner loses neither output nor status", async () => {
  journal.write(entry(script("console.log('one'); setTimeout(() => console.log('two'), 700)")));
  const runner = fileURLToPath(new URL("./runner.ts", import.meta.url));
  const starter = `require('node:child_process').spawn(process.execPath, [${JSON.stringify(runner)}, ${JSON.stringify(directory)}, 'c1'], { detached: true, stdio: 'ignore' }).unref(); setInterval(() => {}, 1000)`;
  const parent = spawn(process.execPath, ["-e", starter], { stdio: "ignore" });
  await until(() => output() === "one\n");

  parent.kill("SIGKILL");

  expect(await exitOf("c1")).toMatchObject({ outcome: "succeeded", exitCode: 0 });
  expect(output()).toBe("one\ntwo\n");
});

test("[C40] a timeout ends the grandchildren too, also those that ignore TERM", async () => {
  // Shells, which are there at once: it must have begun before its time is over.
  const grandchild = `trap "" TERM; echo $$ >"$PID"; while :; do sleep 1; done`;
  const child = ["/bin/sh", "-c", `/bin/sh -c '${grandchild}' & wait`];
  const pidFile = join(directory, "pid");

  const exit = await run(job({ argv: child, env: { PID: pidFile }, timeoutMs: 1_500, killGraceMs: 300 }));

  expect(exit).toMatchObject({ outcome: "timed_out", signal: "SIGTERM", reason: "ran longer than 1500 ms" });
  await until(() => !runs(Number(fs.readFileSync(pidFile, "utf8"))));
});

const HIDDEN = "in a session of its own, without the command's environment";

/** Without a control group nothing tells a process that hides so from others: SECURITY.md says that. */
function ways(): [where: string, shell: string][] {
  const group = new ControlGroup(`neverstale-test-${process.pid}`);
  const members = group.around(() => group.members());
  group.remove();
  const hidden: [string, string][] = [[HIDDEN, "env -i PATH=/bin:/usr/bin PID=$PID setsid /bin/sh"]];
  return [
    ["in its group", "/bin/sh"],
    ["in a session of its own", "setsid /bin/sh"],
    ...(members.length > 0 ? hidden : []),
  ];
}

describe.each(ways())("[C40] a grandchild that ignores TERM, %s,", (_, shell) => {
  const grandchild = `trap "" TERM; echo $$ >$PID; while :; do sleep 1; done`;
  const pid = () => Number(fs.readFileSync(join(directory, "pid"), "utf8"));
  /** Its parent is gone, or stays, and ignores TERM as well. */
  const argv = (rest: string) => ["/bin/sh", "-c", `trap "" TERM; (${shell} -c '${grandchild}' &); echo up; ${rest}`];
  const env = () => ({ PID: join(directory, "pid"), PATH: "/bin:/usr/bin" });

  test("does not outlive the timeout", async () => {
    const exit = await run(job({ argv: argv("sleep 100"), env: env(), timeoutMs: 1_500, killGraceMs: 300 }));

    expect(exit).toMatchObject({ outcome: "timed_out" });
    expect(runs(pid())).toBe(false);
    expect(output()).toBe("up\n");
  });

  test("does not outlive a stop", async () => {
    journal.write(entry(job({ argv: argv("sleep 100"), env: env(), killGraceMs: 300 })));
    journal.start("c1", null, fail);
    await until(() => fs.existsSync(join(directory, "pid")) && pid() > 0);

    journal.stop("c1");

    expect(await exitOf("c1")).toMatchObject({ outcome: "cancelled" });
    expect(runs(pid())).toBe(false);
  });

  test("does not outlive a runner that was killed, once the agent has looked", async () => {
    journal.write(entry(job({ argv: argv("sleep 100"), env: env() })));
    journal.start("c1", null, fail);
    await until(() => fs.existsSync(join(directory, "pid")) && pid() > 0);
    process.kill(JSON.parse(fs.readFileSync(commandFiles(directory, "c1").runner, "utf8")).pid, "SIGKILL");
    await until(() => look().runner === "gone");

    journal.endLost("c1", "its runner is gone");

    await until(() => !runs(pid()));
  });
});

test("TERM comes once to each process of a command: a second one tells some programs to go at once", async () => {
  const count =
    "let n = 0; process.on('SIGTERM', () => { n += 1; setTimeout(() => { console.log(n); process.exit(0) }, 400) });";
  await run(
    script(`${count} console.log('up'); setInterval(() => {}, 1000)`, { timeoutMs: 1_500, killGraceMs: 5_000 }),
  );

  expect(output()).toBe("up\n1\n");
});

test("[C40] what a command leaves in its group when it ends is ended with it", async () => {
  const child = `require('node:fs').writeFileSync(process.env.PID, String(require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' }).pid)); process.exit(0)`;
  const pidFile = join(directory, "pid");

  const exit = await run(script(child, { env: { PID: pidFile } }));

  expect(exit).toMatchObject({ outcome: "succeeded" });
  expect(output()).toBe("[background processes of this op were ended with it]\n");
  await until(() => !runs(Number(fs.readFileSync(pidFile, "utf8"))));
});

test("the last line says what becomes of a process that left the command's group, also behind a cut", async () => {
  const pidFile = join(directory, "pid");
  const child = `const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'inherit' }); require('node:fs').writeFileSync(process.env.PID, String(child.pid)); require('node:fs').writeSync(1, '0123456789'); process.exit(0)`;

  await run(script(child, { env: { PID: pidFile }, outputCapBytes: 5 }));

  expect(output()).toMatch(/^01234\n\[output cut: .*\]\n\[a background process of this op lives on: .*\]\n$/);
  process.kill(Number(fs.readFileSync(pidFile, "utf8")), "SIGKILL");
});

test("what it writes to both streams in turn comes in the order in which it was written", async () => {
  const lines = Array.from({ length: 300 }, (_, n) => `${n}\n`);

  await run(
    script(`const fs = require("node:fs"); for (let n = 0; n < 300; n += 1) fs.writeSync(1 + (n % 2), n + "\\n")`),
  );

  expect(output()).toBe(lines.join(""));
});

test("a command that starts in a directory that isn't there, or is none, is not blamed for it", async () => {
  const exit = await run(job({ cwd: join(directory, "gone") }));

  expect(exit).toMatchObject({ outcome: "failed", exitCode: null });
  expect(exit.reason).toBe(`the directory to run in, ${join(directory, "gone")}, can't be used: ENOENT`);
});

test("a file is no directory to run in", async () => {
  fs.writeFileSync(join(directory, "file"), "");

  const exit = await run(job({ cwd: join(directory, "file") }));

  expect(exit.reason).toBe(`the directory to run in, ${join(directory, "file")}, is none`);
});

test("[C40] a command finds its user's home, name and shell; what its file sets comes first", async () => {
  const { username, homedir, shell } = userInfo();
  const print = "for (const name of ['HOME', 'USER', 'LOGNAME', 'SHELL']) console.log(process.env[name])";

  await run(script(print, { env: { SHELL: "/bin/its-own" } }));

  expect(output().split("\n")).toEqual([homedir, username, username, "/bin/its-own", ""]);
  expect(shell).not.toBe("/bin/its-own");
});

test("a runner whose directory was taken away doesn't stay for ever", async () => {
  journal.write(entry(script("console.log('ready'); setTimeout(() => {}, 700)")));
  journal.start("c1", null, fail);
  await until(() => output() === "ready\n");
  const { pid } = JSON.parse(fs.readFileSync(commandFiles(directory, "c1").runner, "utf8"));

  fs.rmSync(directory, { recursive: true });

  await until(() => !runs(pid));
});

test("a stop asked for by the agent is `cancelled`, with TERM first", async () => {
  journal.write(
    entry(
      script(
        "process.on('SIGTERM', () => { console.log('bye'); process.exit(0) }); console.log('ready'); setInterval(() => {}, 1000)",
      ),
    ),
  );
  journal.start("c1", null, fail);
  await until(() => output() === "ready\n");

  journal.stop("c1");
  journal.stop("c1");

  expect(await exitOf("c1")).toMatchObject({ outcome: "cancelled", exitCode: 0 });
  expect(output()).toBe("ready\nbye\n");
});

test("TERM to the runner without a stop request is a shutdown, not a cancel", async () => {
  journal.write(entry(script("console.log('ready'); setInterval(() => {}, 1000)")));
  journal.start("c1", null, fail);
  await until(() => output() === "ready\n");

  const mark = JSON.parse(fs.readFileSync(commandFiles(directory, "c1").runner, "utf8"));
  process.kill(mark.pid, "SIGTERM");

  const exit = await exitOf("c1");
  expect(exit.outcome).toBe("failed");
  expect(exit.reason).toContain("shutting down");
});

test("a runner killed without a word is seen as gone; its command is killed and the end is `lost`", async () => {
  journal.write(entry(script("console.log(process.pid); setInterval(() => {}, 1000)")));
  journal.start("c1", null, fail);
  await until(() => output().endsWith("\n"));
  const mark = JSON.parse(fs.readFileSync(commandFiles(directory, "c1").runner, "utf8"));

  process.kill(mark.pid, "SIGKILL");
  await until(() => look().runner === "gone");
  journal.endLost("c1", "its runner is gone");

  expect(look().exit).toMatchObject({ outcome: "lost", outputBytes: output().length });
  await until(() => !runs(Number(output())));
});

test("output beyond the cap is cut between characters, said and counted", async () => {
  const exit = await run(
    script("process.stdout.write('é'.repeat(1000)); setTimeout(() => process.stdout.write('more'), 200)", {
      outputCapBytes: 1025,
    }),
  );

  expect(output()).toBe(`${"é".repeat(512)}\n[output cut: this op keeps 1025 bytes]\n`);
  expect(exit).toMatchObject({
    outcome: "succeeded",
    droppedBytes: 2000 - 1024 + 4,
    outputBytes: Buffer.byteLength(output()),
  });
});

test("a journal opened again knows what was there, and leaves alone what it can't read", async () => {
  await run(script("console.log('out')"));
  fs.writeFileSync(join(directory, "journal", "c2.entry.json"), "{");
  const unreadable: string[] = [];

  const again = new Journal(directory, (file) => unreadable.push(file));

  expect(again.entries().map((known) => known.commandId)).toEqual(["c1"]);
  expect(unreadable).toEqual(["c2.entry.json"]);
  expect(again.has("c2")).toBe(true);
});

test("forgetting a command leaves no file of it", async () => {
  await run(script("console.log('out')"));

  journal.forget("c1");

  expect([...fs.readdirSync(join(directory, "journal")), ...fs.readdirSync(join(directory, "spool"))]).toEqual([]);
});

function openJournal(): Journal {
  return new Journal(directory, (file, error) => {
    throw new Error(`${file}: ${error}`);
  });
}

function job(changes: Partial<Job> = {}): Job {
  return {
    argv: ["true"],
    env: {},
    cwd: "/",
    user: null,
    timeoutMs: 20_000,
    killGraceMs: 1_000,
    outputCapBytes: 65_536,
    ...changes,
  };
}

function script(source: string, changes: Partial<Job> = {}): Job {
  return job({ argv: [process.execPath, "-e", source], ...changes });
}

function entry(of: Job): JournalEntry {
  const journaledAt = new Date().toISOString();
  return {
    commandId: "c1",
    op: "test",
    args: {},
    deadline: null,
    instance: "i1",
    journaledAt,
    claim: "asked",
    settledAt: null,
    settledIn: null,
    job: of,
  };
}

async function run(what: Job): Promise<Exit> {
  journal.write(entry(what));
  journal.start("c1", null, fail);
  return await exitOf("c1");
}

/** The exit status as it is once the runner has gone. */
async function exitOf(commandId: string): Promise<Exit> {
  await until(() => look().exit !== null);
  const { pid } = JSON.parse(fs.readFileSync(commandFiles(directory, commandId).runner, "utf8"));
  await until(() => !runs(pid));
  const { exit } = look();
  if (exit === null) throw new Error(`${commandId} lost its exit status`);
  return exit;
}

function look() {
  const [first] = journal.entries();
  if (first === undefined) throw new Error("nothing is journaled");
  return journal.look(first);
}

function output(): string {
  return Buffer.from(journal.readOutput("c1", 0, 1024 ** 3)).toString();
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Longer than a runner takes to come up and find its place taken. */
async function settle(): Promise<void> {
  await until(() => !fs.readdirSync(join(directory, "journal")).some((file) => file.startsWith(".")));
  await new Promise((resolve) => setTimeout(resolve, 500));
}

function fail(error: Error): never {
  throw error;
}
