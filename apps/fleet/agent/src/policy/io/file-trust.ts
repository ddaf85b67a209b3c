/** A file is trusted when only this user or root could have written it. */

import * as fs from "node:fs";
import { dirname } from "node:path";

/** Reading a larger file would hold the agent up. */
const MAX_BYTES = 256 * 1024;

/** Returns the text of the file, whose ownership is looked at as it was opened. Throws with the way to mend it. */
export function readTrusted(path: string): string {
  const ownUid = process.getuid?.() ?? 0;
  const file = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  try {
    const stat = fs.fstatSync(file);
    if (!stat.isFile()) throw new Error(`${path} is no file`);
    if (stat.size > MAX_BYTES) throw new Error(`${path} has ${stat.size} bytes; ${MAX_BYTES} are the most`);
    const seen = [
      { path, uid: stat.uid, mode: stat.mode, isDirectory: false },
      ...directoriesOf(path).map(ownershipOf),
    ];
    for (const ownership of seen) {
      const problem = trustProblem(ownership, ownUid);
      if (problem !== null) throw new Error(problem);
    }
    return fs.readFileSync(file, "utf8");
  } finally {
    fs.closeSync(file);
  }
}

/** The ownership of a file or directory says whose it is and who may write to it. */
export interface Ownership {
  readonly path: string;
  readonly uid: number;
  readonly mode: number;
  readonly isDirectory: boolean;
}

/**
 * Says why a file or directory may hold somebody else's word, with the command that mends it. Null means that only this
 * user and root could have written it. `ownUid` is the user that this process runs as.
 */
export function trustProblem({ path, uid, mode, isDirectory }: Ownership, ownUid: number): string | null {
  if (uid !== ownUid && uid !== 0)
    return `${path} belongs to another user (uid ${uid}), who could allow anything here. Run: chown ${ownUid} ${quoted(path)}`;
  const isSticky = isDirectory && (mode & 0o1000) !== 0; // In such a directory only owners replace their files: /tmp.
  if ((mode & 0o022) === 0 || isSticky) return null;
  return `${path} can be written by other users (mode ${(mode & 0o7777).toString(8)}), who could allow anything here. Run: chmod go-w ${quoted(path)}`;
}

/** People copy the command into a shell. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

/** Whoever may write to one of these may put another file in the place of this one, or of a link to it. */
function directoriesOf(path: string): string[] {
  return [...new Set([dirname(path), dirname(fs.realpathSync(path))])];
}

function ownershipOf(path: string): Ownership {
  const { uid, mode } = fs.statSync(path);
  return { path, uid, mode, isDirectory: true };
}
