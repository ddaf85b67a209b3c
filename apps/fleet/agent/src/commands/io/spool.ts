/** The spool is the file that a command's output goes to. */

import * as fs from "node:fs";
import { errorCode } from "../../machine/io/durable-files.ts";
import { wholeUtf8 } from "../utf8.ts";

/** The writer appends until the cap, then says so once and drops the rest. */
export class SpoolWriter {
  readonly #file: number;
  readonly #capBytes: number;
  #bytes = 0;
  #full = false;
  #atLineStart = true;
  droppedBytes = 0;
  /** This says why the disk accepted no more, or is null. */
  failure: string | null = null;

  constructor(path: string, capBytes: number) {
    this.#file = fs.openSync(path, "ax", 0o600);
    this.#capBytes = capBytes;
  }

  write(bytes: Uint8Array): void {
    const room = this.#full ? 0 : this.#capBytes - this.#bytes;
    const kept = bytes.length <= room ? bytes.length : wholeUtf8(bytes, room);
    this.droppedBytes += bytes.length - kept;
    if (this.#full) return;
    this.#append(bytes.subarray(0, kept));
    if (kept === bytes.length) return;
    this.#append(Buffer.from(`\n[output cut: this op keeps ${this.#capBytes} bytes]\n`));
    this.#full = true;
  }

  /** Adds a last line that the command did not write. It may stand behind a cut. */
  note(text: string): void {
    if (this.failure !== null) return;
    this.#append(Buffer.from(`${this.#atLineStart ? "" : "\n"}[${text}]\n`));
  }

  /** The output is on disk when this returns the file's size in bytes. */
  close(): number {
    try {
      fs.fsyncSync(this.#file);
      return fs.fstatSync(this.#file).size;
    } finally {
      fs.closeSync(this.#file);
    }
  }

  #append(bytes: Uint8Array): void {
    let at = 0;
    try {
      while (at < bytes.length) at += fs.writeSync(this.#file, bytes, at);
    } catch (error) {
      this.failure = `output lost, the disk took no more (${errorCode(error)})`;
      this.#full = true; // A hole in the middle would look like output: nothing more is written after the first loss.
      this.droppedBytes += bytes.length - at;
    }
    this.#bytes += at;
    if (at > 0) this.#atLineStart = bytes[at - 1] === 0x0a;
  }
}

/** Returns at most `limit` bytes of a spool file from `offset` on. It is empty when there are none, or no file. */
export function readSpool(path: string, offset: number, limit: number): Buffer {
  let file: number;
  try {
    file = fs.openSync(path, "r");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return Buffer.alloc(0);
    throw error;
  }
  try {
    const room = Math.min(limit, Math.max(0, fs.fstatSync(file).size - offset));
    const bytes = Buffer.alloc(room);
    return bytes.subarray(0, room === 0 ? 0 : fs.readSync(file, bytes, 0, room, offset));
  } finally {
    fs.closeSync(file);
  }
}

export function spoolSize(path: string): number {
  return fs.statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
