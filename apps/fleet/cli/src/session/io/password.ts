/** The password comes from a file, from NEVERSTALE_PASSWORD, or from whoever sits at the terminal, and so does a code of a second factor. */

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { EXIT, Failure } from "../../command-line/failure.ts";

/** The password is never a flag: other users of the machine see those. */
export async function findPassword(file: string | undefined, user: string): Promise<string> {
  if (file !== undefined) return readPassword(file);
  const fromEnvironment = process.env.NEVERSTALE_PASSWORD;
  if (fromEnvironment !== undefined && fromEnvironment !== "") return fromEnvironment;
  if (process.stdin.isTTY) return await ask(`Password of ${user}: `);
  throw new Failure("there is no password", { hint: "Give --password-file FILE, or set NEVERSTALE_PASSWORD." });
}

/** Returns the file's first and only line. Editors may begin a file with a mark of its encoding, which nobody sees. */
export function readPassword(file: string, exitCode: number = EXIT.cannotTell): string {
  const password = readText(file, exitCode)
    .replace(/^\ufeff/, "")
    .replace(/\r?\n$/, "");
  if (password !== "") return password;
  throw new Failure(`the password file is empty: ${file}`, { hint: "Write the password into it.", exitCode });
}

function readText(file: string, exitCode: number): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const hint = "Name a file that this user may read, with --password-file or --admin-password-file.";
    throw new Failure(`the password file can't be read: ${file}`, { cause, hint, exitCode });
  }
}

/**
 * A code counts once, so it is in no file. NEVERSTALE_TOTP may hold several, separated by commas, in the order in which they are needed.
 * `purpose` is read by whoever is asked for it.
 */
export async function findCode(purpose: string): Promise<string> {
  const [fromEnvironment = "", ...others] = (process.env.NEVERSTALE_TOTP ?? "").split(",");
  process.env.NEVERSTALE_TOTP = others.join(",");
  if (fromEnvironment !== "") return fromEnvironment;
  return await askAtTerminal(`Code of the second factor, ${purpose}:`, "NEVERSTALE_TOTP");
}

/** It asks whoever sits at the terminal. `otherwise` says how it is given where nobody does. */
export async function askAtTerminal(question: string, otherwise: string): Promise<string> {
  if (process.stdin.isTTY) return (await ask(`${question} `)).trim();
  throw new Failure(`nobody is there to answer: ${question}`, { hint: `Run it at a terminal, or give ${otherwise}.` });
}

/** The terminal doesn't show what is typed. */
async function ask(question: string): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true });
  process.stderr.write(question);
  try {
    return await terminal.question("");
  } finally {
    terminal.close();
    process.stderr.write("\n");
  }
}
