import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "./run.ts";

const CHANGESET = /^---\n((?:"[^"]+": (?:major|minor|patch)\n)+)---\n\n([A-Z`][\s\S]*\.)\n$/;

function packagesForOthers(): string[] {
  const manifests = globSync(["packages/*/package.json", "apps/fleet/client/package.json"], { cwd: ROOT }).map((path) =>
    JSON.parse(readFileSync(join(ROOT, path), "utf8")),
  );
  return manifests.filter((manifest) => manifest.private !== true).map((manifest) => manifest.name);
}

test("each changeset names packages that others can install, and tells what is new in sentences", () => {
  for (const path of globSync(".changeset/*.md", { cwd: ROOT })) {
    const [, names = "", text = ""] = CHANGESET.exec(readFileSync(join(ROOT, path), "utf8")) ?? [];
    const named = [...names.matchAll(/"([^"]+)"/g)].map(([, name]) => name);

    expect(text, path).not.toBe("");
    expect(packagesForOthers(), path).toEqual(expect.arrayContaining(named));
  }
});
