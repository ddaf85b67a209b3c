/** A finding says of one thing whether it is as it should be, and what to do where it is not. */

export interface Finding {
  /** It names what was looked at. */
  readonly check: string;
  /** `warn` is for what works and will be a trouble, and `fail` for what doesn't work, or isn't safe. */
  readonly status: "ok" | "warn" | "fail";
  readonly message: string;
  /** It is null where nothing is to be done. */
  readonly fix: string | null;
}

export function well(check: string, message: string): Finding {
  return { check, status: "ok", message, fix: null };
}

export function wrong(check: string, message: string, fix: string): Finding {
  return { check, status: "fail", message, fix };
}

/** Each line of a file's problems is a finding of its own: `line 7: ops.disk.timeout: expected …`. */
export function wrongLines(check: string, file: string, problems: string): Finding[] {
  return problems.split("\n").map((problem) => wrong(check, `${file}: ${problem}`, `Mend it in ${file}.`));
}

const GIB = 1024 ** 3;
const LOW_BYTES = 2 * GIB;
const NO_ROOM_BYTES = GIB / 4;

/** A backup needs as much room as the database has, and so does whoever restores one. */
export function diskFinding(path: string, freeBytes: number, databaseBytes: number): Finding {
  const check = "disk space";
  const message = `${(freeBytes / GIB).toFixed(1)} GiB are free at ${path}, and the database has ${(databaseBytes / GIB).toFixed(1)}`;
  if (freeBytes < NO_ROOM_BYTES) return wrong(check, message, "Free space: without it no change can be stored.");
  if (freeBytes >= Math.max(LOW_BYTES, 2 * databaseBytes)) return well(check, message);
  return { check, status: "warn", message, fix: "Free space: a backup needs as much as the database has." };
}
