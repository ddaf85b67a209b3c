import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { packageVersion } from "./package-version.ts";

test("the version is the one in package.json; a manifest without one has an unknown version", () => {
  const folder = mkdtempSync(join(tmpdir(), "neverstale-version-"));
  const [with1, without] = ["with.json", "without.json"].map((name) => join(folder, name)) as [string, string];
  writeFileSync(with1, '{"version":"1.2.3"}');
  writeFileSync(without, "{}");

  const versions = [with1, without].map((path) => packageVersion(pathToFileURL(path)));
  rmSync(folder, { recursive: true });

  expect(versions).toEqual(["1.2.3", "unknown"]);
});
