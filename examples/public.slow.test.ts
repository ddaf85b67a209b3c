import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const EXAMPLE = fileURLToPath(new URL("public.ts", import.meta.url));

test("a public space: fifty readers behind a cache follow it with fewer polls than there are readers", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--conditions=source", EXAMPLE]);

  expect(stdout).toBe("poll { points: 3, id: 'ann' } fewer polls than readers\n");
});
