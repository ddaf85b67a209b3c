import { spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

test.runIf(process.platform === "linux")(
  "a command whose output does not fit on the disk says so, and ends with 2",
  () => {
    const full = openSync("/dev/full", "w");
    const args = ["--conditions=source", MAIN, "completion", "bash"];

    const { status, stderr } = spawnSync(process.execPath, args, { stdio: ["ignore", full, "pipe"], encoding: "utf8" });

    closeSync(full);
    expect(stderr).toMatch(/^neverstale: the output can't be written: ENOSPC/);
    expect(status).toBe(2);
  },
);
