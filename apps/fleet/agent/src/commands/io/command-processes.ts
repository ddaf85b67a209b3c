/** All that a command has started is found here by its process group, a mark in its environment, its parents and its control group. */

import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { ControlGroup } from "./control-group.ts";
import { type FoundProcess, groupRuns, processesOfLinux, signalGroup, signalProcess } from "./processes.ts";

/** It stands in the environment of a command, and so of all that it starts and that doesn't take it away. */
const MARK_VARIABLE = "NEVERSTALE_COMMAND_MARK";
const POLL_MS = 20;
/** A look at all processes of the machine costs more than one at a group. */
const LOOK_MS = 100;
/** A process that is killed is gone within this time, unless the system itself holds it. */
const KILL_MS = 5_000;
/** A process that is started during the kill is found by the next pass. */
const PASSES = 20;

export class CommandProcesses {
  readonly #mark: string;
  readonly #group: ControlGroup;
  /** The process group of the command has the number of its first process. */
  #leader: number | null = null;

  /** `entry` is the path of the command's entry in the journal: no two commands of a machine share it. */
  constructor(entry: string) {
    this.#mark = createHash("sha256").update(entry).digest("hex").slice(0, 32);
    this.#group = new ControlGroup(`neverstale-${this.#mark}`);
  }

  get env(): Record<string, string> {
    return { [MARK_VARIABLE]: this.#mark };
  }

  /** Runs `start`, which starts the command's first process, so that this process is in the control group from the beginning. */
  begin<T extends { readonly pid?: number | undefined }>(start: () => T): T {
    const child = this.#group.around(start);
    this.lead(child.pid ?? null);
    return child;
  }

  lead(pid: number | null): void {
    this.#leader = pid;
  }

  /** Ends all of them with TERM, and after the grace with KILL. Returns true when nothing of them runs any more. */
  async end(graceMs: number): Promise<boolean> {
    this.#signal("SIGTERM");
    if (await this.#areGone(graceMs)) return true;
    this.kill();
    return this.#areGone(KILL_MS);
  }

  /** Ends those in the process group alone: who left it on purpose, as a service does, lives on. Returns true when it found one. */
  async endGroup(leftoverMs: number, graceMs: number): Promise<boolean> {
    const leader = this.#leader;
    if (leader === null || (await groupEnds(leader, leftoverMs))) return false;
    signalGroup(leader, "SIGTERM");
    if (!(await groupEnds(leader, graceMs))) signalGroup(leader, "SIGKILL");
    await groupEnds(leader, KILL_MS);
    return true;
  }

  kill(): void {
    for (let pass = 0; pass < PASSES; pass += 1) {
      this.#group.kill();
      if (this.#signal("SIGKILL") === 0) return;
    }
  }

  /** The control group goes when nothing is in it. One with a service in it stays, and the system is none the worse for it. */
  release(): void {
    this.#group.remove();
  }

  async #areGone(withinMs: number): Promise<boolean> {
    const until = performance.now() + withinMs;
    while (this.#found().length > 0 || (this.#leader !== null && groupRuns(this.#leader))) {
      if (performance.now() >= until) return false;
      await delay(LOOK_MS);
    }
    return true;
  }

  /** Each gets it once: to some programs a second TERM means that they must not tidy up. Returns how many there are. */
  #signal(signal: NodeJS.Signals): number {
    const found = this.#found();
    if (this.#leader !== null) signalGroup(this.#leader, signal);
    for (const { pid, group } of found) if (group !== this.#leader) signalProcess(pid, signal);
    return found.length;
  }

  /** Elsewhere than on Linux nothing is known but the process group. */
  #found(): FoundProcess[] {
    const all = processesOfLinux().filter(({ pid }) => pid !== process.pid);
    const marked = `${MARK_VARIABLE}=${this.#mark}`;
    const inGroup = new Set(this.#group.members());
    const isOwn = ({ pid, group, env }: FoundProcess) =>
      inGroup.has(pid) || group === this.#leader || env().includes(marked);
    const found = new Set(all.filter(isOwn));
    const children = Map.groupBy(all, ({ parent }) => parent);
    for (const { pid } of found) for (const child of children.get(pid) ?? []) found.add(child);
    return [...found];
  }
}

async function groupEnds(leader: number, withinMs: number): Promise<boolean> {
  const until = performance.now() + withinMs;
  while (groupRuns(leader)) {
    if (performance.now() >= until) return false;
    await delay(POLL_MS);
  }
  return true;
}
