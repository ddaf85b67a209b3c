import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../../scripts/run.ts";
import { agentUnit } from "./agent-unit-suite.ts";
import { exposureOf, problemsOfUnit } from "./systemd-suite.ts";

const FOLDER = join(ROOT, "deploy/systemd");
const NAMES = readdirSync(FOLDER).sort();
const textOf = (name: string) => readFileSync(join(FOLDER, name), "utf8");

test("the units are the server's, the agent's, and those of a nightly backup", () => {
  const units = ["neverstale-agent.service", "neverstale-backup.service", "neverstale-backup.timer"];
  expect(NAMES).toEqual([...units, "neverstale-server.service"]);
});

test("[C41] the agent's unit is the very one that neverstale agent install writes", () => {
  expect(textOf("neverstale-agent.service")).toBe(agentUnit());
});

test.each(NAMES)("systemd finds nothing wrong with %s", (name) => {
  expect(problemsOfUnit(name, textOf(name))).toBe("");
});

test.each(NAMES.filter((name) => name.endsWith(".service")))(
  "%s runs without privileges, as a user of its own",
  (name) => {
    const lines = textOf(name).split("\n");

    for (const line of [
      "NoNewPrivileges=yes",
      "ProtectSystem=strict",
      "PrivateTmp=yes",
      "CapabilityBoundingSet=",
      "UMask=0077",
    ])
      expect(lines).toContain(line);
    expect(lines.some((line) => /^User=neverstale(-server)?$/.test(line))).toBe(true);
    expect(exposureOf(name, textOf(name))).toBeLessThan(5);
  },
);

test("a nightly backup keeps the newest fourteen, whatever their names are", () => {
  const folder = mkdtempSync(join(tmpdir(), "neverstale-backups-"));
  const [, line = ""] = /^ExecStartPost=\/bin\/sh -c '(.*)'$/m.exec(textOf("neverstale-backup.service")) ?? [];
  const names = Array.from({ length: 20 }, (_, day) => `2026-01-${String(day + 1).padStart(2, "0")}-031700.db`);
  for (const name of [...names, "note.txt"]) writeFileSync(join(folder, name), "");

  const { status } = spawnSync("sh", ["-c", line.replaceAll("%%", "%").replace("/var/backups/neverstale", folder)]);

  expect(status).toBe(0);
  expect(readdirSync(folder).sort()).toEqual([...names.slice(6), "note.txt"]);
  rmSync(folder, { recursive: true });
});
