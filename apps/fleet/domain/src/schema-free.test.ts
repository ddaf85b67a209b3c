import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

/** The names of the packages that a file brings along, by itself or by the files that it imports. */
function packagesOf(file: URL, seen = new Set<string>()): readonly string[] {
  if (seen.has(file.href)) return [];
  seen.add(file.href);
  const imports = readFileSync(file, "utf8").matchAll(/^(?:import|export) (?!type ).*?from "([^"]+)";$/gms);
  return [...imports].flatMap(([, name = ""]) =>
    name.startsWith(".") ? packagesOf(new URL(name, file), seen) : [name],
  );
}

test("a page that takes these parts of the domain carries no validator along", () => {
  const sources = new URL("./", import.meta.url);

  expect(packagesOf(new URL("schema-free.ts", sources))).toEqual([]);
  expect(packagesOf(new URL("index.ts", sources))).toContain("zod");
});
