import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { apiPages, apiProblems } from "./api-report.ts";
import { writeTree } from "./file-tree-suite.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "api-"));
});

afterEach(() => rmSync(root, { recursive: true }));

const write = (files: Readonly<Record<string, string>>) => writeTree(root, files);

/** A package of which the compiler has made these declarations; returns the declarations on its page. */
function declarationsOf(files: Readonly<Record<string, string>>): string[] {
  write({ "packages/it/package.json": JSON.stringify({ name: "@neverstale/it", exports: ENTRY }) });
  for (const [path, text] of Object.entries(files)) write({ [`packages/it/dist/${path}`]: text });
  const [page] = apiPages(root);
  return (page?.text.match(/```ts\n[\s\S]*?\n```/g) ?? []).flatMap((block) => block.slice(6, -4).split("\n\n"));
}

const ENTRY = { ".": { types: "./dist/index.d.ts", default: "./dist/index.js" } };

describe("a page of an API", () => {
  test("has one declaration for each export, sorted, without comments", () => {
    const found = declarationsOf({
      "index.d.ts": `export { type Part, part } from "./part.ts";\nexport declare const at = "/* no comment */"; // It is.`,
      "part.d.ts": `/** Says what. */\nexport interface Part {\n    /** And how. */\n    readonly a: 1;\n}\nexport declare function part(): Part;`,
    });

    expect(found).toEqual([
      'const at = "/* no comment */";',
      "interface Part {\n    readonly a: 1;\n}",
      "function part(): Part;",
    ]);
  });

  test("is the same wherever a comment stands, and in whatever file a type is declared", () => {
    const bare = declarationsOf({ "index.d.ts": `export type A = {\n    a: 1;\n} | {\n    b: B;\n};\ntype B = 2;` });
    const commented = declarationsOf({
      "index.d.ts": `export type A =\n/** One. */\n{\n    a: 1;\n}\n/** Other. */\n | {\n    b: import("./b.ts").B;\n};`,
      "b.d.ts": "export type B = 2;",
    });

    expect(commented).toEqual(bare);
  });

  test("has what is not exported, and is part of what is", () => {
    const found = declarationsOf({
      "index.d.ts": `import { Inner } from "./inner.ts";\nexport declare class Outer<Own> extends Base<Inner> {\n    own: Own;\n}`,
      "inner.d.ts":
        "export interface Inner {\n    deep: Deep[];\n}\ntype Deep = 1;\ntype Own = 2;\nexport type Else = 3;",
    });

    expect(found).toEqual([
      "class Outer<Own> extends Base<Inner> {\n    own: Own;\n}",
      "type Deep = 1;",
      "interface Inner {\n    deep: Deep[];\n}",
    ]);
  });

  test("follows new names, whole modules, signatures one above the other, and values that are types alone", () => {
    const found = declarationsOf({
      "index.d.ts": `export * from "./all.ts";\nexport { a as b } from "./all.ts";\nexport type { C } from "./c.ts";\nexport { z } from "zod";`,
      "all.d.ts": "export declare function a(): void;\nexport declare function a(x: 1): void;",
      "c.d.ts": "export declare class C {\n}",
    });

    const signatures = "function a(): void;\nfunction a(x: 1): void;";
    expect(found).toEqual([
      signatures,
      `${signatures}\nexport { a as b };`,
      "class C {\n}\nexport type { C };",
      'export { z } from "zod";',
    ]);
  });

  test("has a part for each entry, and is there for packages alone that others can install", () => {
    write({
      "packages/it/package.json": JSON.stringify({
        name: "@neverstale/it",
        exports: { ...ENTRY, "./node": { types: "./dist/node.d.ts" }, "./vectors/*": "./vectors/*" },
      }),
      "packages/it/dist/index.d.ts": "export type A = 1;",
      "packages/it/dist/node.d.ts": "export type B = 1;",
      "packages/own/package.json": JSON.stringify({ name: "@neverstale/own", private: true, exports: ENTRY }),
    });

    const pages = apiPages(root);

    expect(pages.map(({ path }) => path)).toEqual(["docs/api/it.md"]);
    expect(pages[0]?.text.match(/^## .*$/gm)).toEqual(["## `@neverstale/it`", "## `@neverstale/it/node`"]);
  });
});

test("a page that is missing, that differs, or that belongs to no package is told", () => {
  write({ "docs/api/a.md": "one\ntwo\n", "docs/api/gone.md": "", "docs/api/same.md": "same\n" });

  const problems = apiProblems(root, [
    { path: "docs/api/a.md", text: "one\nthree\n" },
    { path: "docs/api/new.md", text: "" },
    { path: "docs/api/same.md", text: "same\n" },
  ]);

  expect(problems).toEqual([
    "docs/api/a.md differs from what the package exports: gone is `two`, new is `three`",
    "docs/api/new.md is missing",
    "docs/api/gone.md is the page of no package",
  ]);
});
