import { globSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { expect, test } from "vitest";
import { namesOf } from "./architecture/free-names.ts";
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
  return name === "neverstale" || name === "create-neverstale";
}

test("docs/dependencies.md gives a reason for each dependency, and for no other", () => {
  const page = readFileSync(join(ROOT, "docs/dependencies.md"), "utf8");
  const cells = page.split("\n").map((line) => /^\| ([^|]+) \|/.exec(line)?.[1] ?? "");

  const listed = new Set(cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name)));

  expect([...listed].sort()).toEqual([...dependenciesUsed()].sort());
});

/** Packages that files outside of the workspace's packages import, ours left out: npm links those into the root. */
function importsOfTheRoot(): Set<string> {
  const found = new Set<string>();
  for (const path of globSync("{scripts,tests,bench,examples}/**/*.ts", { cwd: ROOT, exclude: ["bench/peers/**"] })) {
    for (const { specifier } of namesOf(readFileSync(join(ROOT, path), "utf8"), path).modules) {
      const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
      if (!name.startsWith(".") && !name.startsWith("@neverstale/") && !isBuiltin(name)) found.add(name);
    }
  }
  return found;
}

test("what scripts, tests and bench import is in the root's package.json", () => {
  const { devDependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));

  expect(Object.keys(devDependencies)).toEqual(expect.arrayContaining([...importsOfTheRoot()]));
});
