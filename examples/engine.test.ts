import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const EXAMPLE = fileURLToPath(new URL("engine.ts", import.meta.url));

test("the engine alone: a change that was applied is shown by a replica, which says that it is live", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--conditions=source", EXAMPLE]);

  expect(stdout).toContain("live 2 { status: 'up', id: 'web-1' }");
});

test("README shows the example as it is", () => {
  const readme = readFileSync(fileURLToPath(new URL("../README.md", import.meta.url)), "utf8");

  expect(readme).toContain(`\`\`\`ts\n${readFileSync(EXAMPLE, "utf8")}\`\`\``);
});
