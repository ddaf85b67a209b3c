import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "./run.ts";

const CHANGESET = /^---\n((?:"[^"]+": (?:major|minor|patch)\n)+)---\n\n([A-Z`][\s\S]*\.)\n$/;

/** Others can install the packages that are not private. The fleet's client has an API as well, and its users run the command line. */
function packagesForOthers(): string[] {
  const paths = globSync("packages/*/package.json", { cwd: ROOT });
  const manifests = paths.map((path) => JSON.parse(readFileSync(join(ROOT, path), "utf8")));
  const names = manifests.filter((manifest) => manifest.private !== true).map((manifest) => manifest.name);
  return [...names, "@neverstale/fleet-client", "neverstale"];
}

test("each changeset names packages that others can install, and tells what is new in sentences", () => {
  for (const path of globSync(".changeset/*.md", { cwd: ROOT })) {
    const [, names = "", text = ""] = CHANGESET.exec(readFileSync(join(ROOT, path), "utf8")) ?? [];
    const named = [...names.matchAll(/"([^"]+)"/g)].map(([, name]) => name);

    expect(text, path).not.toBe("");
    expect(packagesForOthers(), path).toEqual(expect.arrayContaining(named));
  }
});
