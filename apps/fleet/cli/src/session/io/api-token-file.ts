/** An API token comes from a file that nobody else may read. It is never a flag: other users of the machine see those. */

import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { API_TOKEN_PREFIX } from "@neverstale/fleet-domain";
import { Failure } from "../../command-line/failure.ts";

/** Returns the token, which is all that the file holds. Throws a `Failure` that says what to do, and nothing of what the file holds. */
export function readApiToken(file: string): string {
  const text = readPrivate(file)
    .replace(/^\ufeff/, "")
    .trim();
  if (TOKEN.test(text)) return text;
  throw new Failure(`the file holds no API token: ${file}`, {
    hint: "Make one with neverstale api-tokens create --out FILE. A password goes into --password-file.",
  });
}

const TOKEN = new RegExp(`^${API_TOKEN_PREFIX}[\\w-]{20,200}$`);
const MAX_BYTES = 4_096;

/** The mode that counts is the one of the file as it was opened. */
function readPrivate(file: string): string {
  const opened = open(file);
  try {
    const stat = fstatSync(opened);
    if (stat.isDirectory() || stat.size > MAX_BYTES)
      throw new Failure(`the token file is no file with a token: ${file}`, { hint: "Name another with --token-file." });
    if (process.platform !== "win32" && (stat.mode & 0o077) !== 0)
      throw new Failure(`others may read the token file: ${file} (mode ${(stat.mode & 0o777).toString(8)})`, {
        hint: `Run: chmod 600 ${shellWord(file)}`,
      });
    return readFileSync(opened, "utf8");
  } finally {
    closeSync(opened);
  }
}

function open(file: string): number {
  try {
    return openSync(file, "r");
  } catch (cause) {
    const hint = "Name a file that this user may read, with --token-file or NEVERSTALE_TOKEN_FILE.";
    throw new Failure(`the token file can't be read: ${file}`, { cause, hint });
  }
}

/** People copy the command into a shell. */
function shellWord(text: string): string {
  return /^[\w.:/@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
