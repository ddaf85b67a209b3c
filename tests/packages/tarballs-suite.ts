/** What is in the tarballs: code, types, source maps with their sources, LICENSE, README, and what a package reads beside. */

import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { checkPackage, createPackageFromTarballData, type Problem } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { describe, expect, test } from "vitest";
import type { Packed } from "../../scripts/publish/pack.ts";
import { publishedPackages } from "../../scripts/publish/published-packages.ts";
import type { PackedWorld } from "./world.ts";

export function describeTarballs(world: () => PackedWorld): void {
  describe.each(publishedPackages().map(({ manifest }) => manifest.name))("the tarball of %s", (name) => {
    const packed = (): Packed => {
      const found = world().packed.find(({ pkg }) => pkg.manifest.name === name);
      if (found === undefined) throw new Error(`${name} was not packed`);
      return found;
    };

    test("it holds what is needed, and nothing else", async () => {
      const files = filesIn(packed());

      const odd = [...files.keys()].filter((path) => !ALLOWED.some((pattern) => pattern.test(path)));

      expect(odd).toEqual([]);
      expect(
        [...files.keys()].filter((path) => /(\.test\.|-suite\.)/.test(path) && !isContractSuite(name, path)),
      ).toEqual([]);
      expect([...files.keys()]).toEqual(expect.arrayContaining(["LICENSE", "README.md", "package.json"]));
    });

    test("each module has a map with its sources, and no file speaks of a map that is not there", () => {
      const files = filesIn(packed());

      for (const [path, text] of files) {
        const named = /\n\/\/# sourceMappingURL=(.*)\s*$/.exec(text)?.[1];
        if (named !== undefined) expect([...files.keys()], path).toContain(path.replace(basename(path), named));
        if (!path.endsWith(".js.map")) continue;
        const { sources, sourcesContent } = JSON.parse(text);
        expect(sourcesContent, path).toHaveLength(sources.length);
        expect(
          sourcesContent.every((source: unknown) => typeof source === "string"),
          path,
        ).toBe(true);
      }
      expect([...files.keys()].filter((path) => isModule(path) && !files.has(`${path}.map`))).toEqual([]);
    });

    test("its manifest says what it is, and where it comes from", () => {
      const manifest = JSON.parse(filesIn(packed()).get("package.json") ?? "");

      expect(manifest).toMatchObject({ name, license: "MIT", engines: { node: ">=22.18" } });
      expect(manifest.description).toMatch(/\.$/);
      expect(manifest.keywords.length).toBeGreaterThan(2);
      expect(manifest.repository).toEqual({ type: "git", url: expect.any(String), directory: packed().pkg.folder });
      expect([manifest.homepage, manifest.bugs]).toEqual([expect.any(String), expect.any(String)]);
      expect(Object.keys(manifest)).not.toEqual(expect.arrayContaining(["devDependencies", "scripts", "private"]));
      expect(JSON.stringify(manifest)).not.toContain('"source"');
    });

    test("publint finds nothing", async () => {
      const { messages, pkg } = await publint({ pkgDir: packed().staged, pack: false, strict: true });

      expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
    });

    test("are-the-types-wrong finds nothing for those who import modules", async () => {
      const tarball = createPackageFromTarballData(new Uint8Array(readFileSync(packed().tarball)));

      const result = await checkPackage(tarball);

      const problems = result.types === false ? [] : result.problems.filter((problem) => concernsModules(problem));
      expect(problems).toEqual([]);
    });
  });
}

/** The texts stand by the paths in the package, as npm has packed it. */
function filesIn({ tarball, pkg }: Packed): Map<string, string> {
  const inside = createPackageFromTarballData(new Uint8Array(readFileSync(tarball)));
  const start = `/node_modules/${pkg.manifest.name}/`;
  return new Map(inside.listFiles(start).map((path) => [path.slice(start.length), inside.readFile(path)]));
}

/** Outside of `dist` stands only what the package reads, or shows to people. */
const ALLOWED = [
  /^(LICENSE|README\.md|package\.json)$/,
  /^dist\/.+\.(js|js\.map|d\.ts)$/,
  /^bin\/[a-z-]+\.mjs$/,
  /^SPEC\.md$|^vectors\/[^/]+\.(json|md)$/,
  /^templates\/[a-z]+\/(_gitignore|README\.md|index\.html|(package|tsconfig)\.json|vite\.config\.ts|src\/.+\.(tsx?|vue|css))$/,
  /^scenarios\/(server|client)\/[^/]+\.json$/,
  /^fleet\/(server|agent|client|domain)\/(package\.json|dist\/.+\.(js|js\.map|d\.ts))$/,
  /^fleet\/agent\/(agent\.yaml|setup\.sh|ops\/[a-z]+\.mjs)$/,
  /^fleet\/web\/dist\/(index\.html|favicon\.svg|assets\/[^/]+\.(js|css))$/,
];

/** Whoever writes a store of his own runs it. */
function isContractSuite(name: string, path: string): boolean {
  return name === "@neverstale/server" && path.startsWith("dist/store/");
}

/** Modules that declare nothing but types are empty, and the page is bundled. */
function isModule(path: string): boolean {
  return /(^|\/)dist\/.*\.js$/.test(path) && !path.startsWith("fleet/web/");
}

/** All packages are modules. Node lets CommonJS require them, which the older rules of the compiler do not know. */
function concernsModules(problem: Problem): boolean {
  return !("resolutionKind" in problem) || ["node16-esm", "bundler"].includes(problem.resolutionKind);
}
