import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { installed } from "../../packages/store-postgres/src/io/test-server-suite.ts";
import { ROOT } from "../../scripts/run.ts";
import { exposureOf, problemsOfUnit } from "./systemd-suite.ts";

const FOLDER = join(ROOT, "deploy/systemd");
const isThere = () => spawnSync("systemd-analyze", ["--version"]).status === 0;

beforeAll(() => {
  if (!isThere() && !(installed("systemd") && isThere()))
    throw new Error("the proof needs systemd-analyze: sudo apt-get install systemd, or your system's way");
}, 600_000);

test.each(readdirSync(FOLDER))(
  "a real systemd finds nothing wrong with %s, and something with what is wrong",
  (name) => {
    const text = readFileSync(join(FOLDER, name), "utf8");

    expect(problemsOfUnit(name, text)).toBe("");
    expect(problemsOfUnit(name, text.replace(/^Description=/m, "Nonsense=1\nDescription="))).toContain("Nonsense");
    if (!name.endsWith(".service")) return;
    expect(exposureOf(name, text)).toBeGreaterThan(0);
    expect(exposureOf(name, text)).toBeLessThan(5);
  },
);
