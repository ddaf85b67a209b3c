import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "./run.ts";

function dependenciesUsed(): Set<string> {
  const used = new Set<string>();
  for (const path of globSync(["package.json", "packages/*/package.json", "apps/fleet/*/package.json"], {
    cwd: ROOT,
  })) {
    const manifest = JSON.parse(readFileSync(join(ROOT, path), "utf8"));
    for (const kind of ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"]) {
      for (const name of Object.keys(manifest[kind] ?? {}))
        if (!name.startsWith("@neverstale/") && !isOurs(name)) used.add(name);
    }
  }
  return used;
}

/** Packages of the workspace without the scope. */
function isOurs(name: string): boolean {
  return name === "neverstale";
}

test("docs/dependencies.md gives a reason for each dependency, and for no other", () => {
  const page = readFileSync(join(ROOT, "docs/dependencies.md"), "utf8");
  const cells = page.split("\n").map((line) => /^\| ([^|]+) \|/.exec(line)?.[1] ?? "");

  const listed = new Set(cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name)));

  expect([...listed].sort()).toEqual([...dependenciesUsed()].sort());
});
