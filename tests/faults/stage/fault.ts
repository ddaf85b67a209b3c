/** A fault script says in the same few lines what it found, and exits with 0, 1 or 77. */

import { spawnSync } from "node:child_process";

/** A script tells what it did to the authority, and what became of the changes that the authority had acknowledged. */
export interface Found {
  readonly did: string;
  readonly acknowledged: number;
  readonly recovered: number;
  /** This says what else was seen and matters. */
  readonly seen: string;
}

/** This machine can't do it. The message says why, and `command` would make it possible. */
export class CannotRun extends Error {
  override readonly name = "CannotRun";
  readonly command: string;

  constructor(reason: string, command: string) {
    super(reason);
    this.command = command;
  }
}

/** A script ends with one of these. */
export const EXIT = { pass: 0, fail: 1, cannotRun: 77 } as const;

/** Plays, prints what was found, and ends the process. */
export async function main(play: () => Promise<Found>): Promise<void> {
  // What it has started ends with it.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(EXIT.fail));
  process.exit(await outcome(play));
}

async function outcome(play: () => Promise<Found>): Promise<number> {
  try {
    const { did, acknowledged, recovered, seen } = await play();
    console.log(`did: ${did}\nacknowledged: ${acknowledged}\nrecovered: ${recovered}\nseen: ${seen}\nPASS`);
    return EXIT.pass;
  } catch (error) {
    if (error instanceof CannotRun) {
      console.log(`CANNOT RUN HERE: ${error.message}; ${error.command}`);
      return EXIT.cannotRun;
    }
    console.log(error);
    console.log("FAIL");
    return EXIT.fail;
  }
}

/** A script that takes long says where it is. What it found goes to standard output, and this does not. */
export function progress(text: string): void {
  if (process.env.VITEST === undefined) console.error(`  ${text}`);
}

/** Throws CannotRun unless the command ends with 0. */
export function require(command: readonly [string, ...string[]], reason: string, remedy: string): void {
  const [program, ...args] = command;
  if (spawnSync(program, args, { stdio: "ignore" }).status !== 0) throw new CannotRun(reason, remedy);
}

export function requireStrace(): void {
  const remedy = "apt-get install strace, and allow ptrace";
  require(["strace", "-f", "-o", "/dev/null", "true"], "strace can't trace here", remedy);
}

/** Returns numbers in [0, 1) that a seed decides. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
