/** One pipe takes both streams of a command: what the command writes arrives in the order in which it was written. */

import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { Socket } from "node:net";
import type { Readable } from "node:stream";

export interface OutputPipe {
  readonly output: Readable;
  /** The command writes to this end. It must be closed here once the command has it: the output ends when all others have. */
  readonly writeEnd: number;
}

/**
 * Makes the pipe under a name, as Node can't make one otherwise. The name is gone again when this returns. `owner` runs the
 * command, and must be able to open /dev/stdout. Null means that this system or its file system has no such pipes.
 */
export function openOutputPipe(
  path: string,
  owner: { readonly uid: number; readonly gid: number } | null,
): OutputPipe | null {
  if (!MKFIFO.some((program) => spawnSync(program, ["-m", "600", path], { stdio: "ignore" }).status === 0)) return null;
  const opened: number[] = [];
  try {
    const readEnd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    opened.push(readEnd);
    const writeEnd = fs.openSync(path, fs.constants.O_WRONLY); // This doesn't wait: somebody reads already.
    opened.push(writeEnd);
    if (owner !== null) fs.fchownSync(writeEnd, owner.uid, owner.gid);
    return { output: new Socket({ fd: readEnd, readable: true, writable: false }), writeEnd };
  } catch {
    for (const file of opened) fs.closeSync(file);
    return null;
  } finally {
    fs.rmSync(path, { force: true });
  }
}

const MKFIFO = ["/usr/bin/mkfifo", "/bin/mkfifo"];
