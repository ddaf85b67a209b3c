/** systemd itself says what it thinks of a unit. A system without it says nothing, and a proof installs it. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The programs of a unit need not be installed here. */
export function problemsOfUnit(name: string, text: string): string {
  const here = text.replaceAll(/^(Exec\w+)=\/opt\/\S+/gm, `$1=${process.execPath}`);
  const answer = analyzed(name, here, (path) => ["verify", "--man=no", path]);
  if (answer === null) return "";
  const told = answer.stderr.split("\n").filter((line) => line.includes("neverstale"));
  return answer.status === 0 ? told.join("\n") : `${answer.status} ${answer.stderr}`;
}

/** It runs from 0, for a service that can do nothing, to 10. It is 0 where there is no systemd. */
export function exposureOf(name: string, text: string): number {
  const answer = analyzed(name, text, (path) => ["security", "--no-pager", "--offline=yes", path]);
  if (answer === null) return 0;
  return Number(/exposure level for \S+: ([\d.]+)/.exec(answer.stdout)?.[1] ?? Number.NaN);
}

function analyzed(name: string, text: string, args: (path: string) => string[]) {
  const folder = mkdtempSync(join(tmpdir(), "neverstale-unit-"));
  try {
    const path = join(folder, name);
    writeFileSync(path, text);
    const { error, status, stdout, stderr } = spawnSync("systemd-analyze", args(path), { encoding: "utf8" });
    return error !== undefined && "code" in error && error.code === "ENOENT" ? null : { status, stdout, stderr };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
