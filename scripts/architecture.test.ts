import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { architectureViolations, describeViolation } from "./architecture.ts";
import { writeTree } from "./file-tree-suite.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "architecture-"));
});

afterEach(() => rmSync(root, { recursive: true }));

const write = (files: Readonly<Record<string, string>>) => writeTree(root, files);

function manifest(name: string, more: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ name, type: "module", exports: { ".": { source: "./src/index.ts" } }, ...more });
}

/** `at: what` of each violation. */
async function found(): Promise<string[]> {
  return (await architectureViolations(root)).map(({ at, what }) => `${at}: ${what}`);
}

async function foundIn(source: string, path = "packages/server/src/part.ts"): Promise<string[]> {
  const folder = path.slice(0, path.indexOf("/src/"));
  write({ [`${folder}/package.json`]: manifest("@neverstale/it"), [path]: source });
  return found();
}

describe("what is not under io/ neither waits nor touches the machine", () => {
  test.each([
    ["Date.now()", "`Date.now` reads the clock"],
    ["new Date()", "`new Date()` reads the clock"],
    ["Date()", "`Date` reads the clock"],
    ["[1].map(Date)", "`Date` reads the clock"],
    ["Math.random()", "uses `Math.random`"],
    ["[Math].map((m) => m.random())", "hands on `Math` whole"],
    ["AbortSignal.timeout(5)", "uses `AbortSignal.timeout`"],
    ["performance.now()", "uses the global `performance`"],
    ["setTimeout(() => {}, 1)", "uses the global `setTimeout`"],
    ["queueMicrotask(() => {})", "uses the global `queueMicrotask`"],
    ["process.env.HOME", "uses the global `process`"],
    ["globalThis.process", "uses the global `globalThis`"],
    ["Buffer.from('')", "uses the global `Buffer`"],
    ["console.log(1)", "uses the global `console`"],
    ["window.name", "uses the global `window`"],
    ["fetch('/')", "uses the global `fetch`"],
    ["new WebSocket('ws:')", "uses the global `WebSocket`"],
    ["crypto.randomUUID()", "uses the global `crypto`"],
    ["`pid $" + "{process.pid}`", "uses the global `process`"],
    ["({ process })", "uses the global `process`"],
    ["import('node:fs')", `imports Node's "node:fs"`],
  ])("refuses %s", async (expression, what) => {
    const violations = await foundIn(`export const first = 1;\nexport const it: unknown = ${expression};\n`);

    expect(violations).toContain(`packages/server/src/part.ts:2: ${what}`);
  });

  test.each([
    [`import { readFileSync } from "node:fs";`, `imports Node's "node:fs"`],
    [`import type { Socket } from "net";`, `imports Node's "net"`],
    [`export { join } from "node:path";`, `imports Node's "node:path"`],
    [`export * from "os";`, `imports Node's "os"`],
    [`import { WebSocket } from "ws";`, `imports "ws"`],
    [`import { lockFile } from "@neverstale/base/node";`, `imports "@neverstale/base/node"`],
    [`import { listen } from "./io/listen.ts";`, `imports "./io/listen.ts" from outside io/`],
  ])("refuses %s", async (statement, what) => {
    const violations = await foundIn(statement);

    expect(violations).toContain(`packages/server/src/part.ts:1: ${what}`);
  });

  test.each([
    "// Date.now() and process.exit()\nexport const text = 'setTimeout(process)';",
    "export const at = new Date(5).toISOString() + Date.parse('2020-01-01') + Date.UTC(2020);",
    "export const isDate = (value: unknown): boolean => value instanceof Date;",
    "export const least = Math.min(1, 2);",
    "export function wait(process: { window: number }, setTimeout: () => void): number { setTimeout(); return process.window; }",
    "export const open = ({ fetch, a: [console = 1, ...document] }: { fetch: number; a: number[] }) => fetch + console + document.length;",
    "export interface Runtime { process: string; performance(): number }\nexport type Clock = typeof Date.now;",
    "export const labels = { process: 1, console() { return 2; } }.process;",
    "export class Part { readonly #performance = 1; crypto = 2; location(): number { return this.#performance; } }",
    "import type { Listen } from './io/listen.ts';\nexport const listen: Listen | null = null;",
    "for (const window of [1]) label: for (;;) break label;\ntry { } catch (process) { throw process; }",
    "switch (1 as number) { case 1: { const self = 1; self.toFixed(); } }",
  ])("allows %s", async (source) => {
    expect(await foundIn(source)).toEqual([]);
  });

  test("leaves io/, tests, shared suites and entries alone, in packages and in the fleet", async () => {
    write({
      "packages/server/package.json": manifest("@neverstale/server"),
      "packages/server/src/io/clock.ts": "export const now = () => Date.now();",
      "packages/server/src/store/io/clock.ts": "export const now = () => Date.now();",
      "packages/server/src/part.test.ts": "Date.now();",
      "packages/server/src/store/contract-suite.ts": "Date.now();",
      "packages/server/src/index.ts": `export { now } from "./io/clock.ts";`,
      "apps/fleet/server/package.json": manifest("@neverstale/fleet-server"),
      "apps/fleet/server/src/http/io/clock.ts": "export const now = () => Date.now();",
      "apps/fleet/server/src/hosts/decide.ts": "Date.now();",
      "apps/fleet/domain/package.json": manifest("@neverstale/fleet-domain"),
      "apps/fleet/domain/src/hosts/host.ts": "Date.now();",
    });

    expect(await found()).toEqual([
      "apps/fleet/domain/src/hosts/host.ts:1: `Date.now` reads the clock",
      "apps/fleet/server/src/hosts/decide.ts:1: `Date.now` reads the clock",
    ]);
  });

  test("of the page components may wait and listen, and all else may only touch what is drawn", async () => {
    write({
      "apps/fleet/web/package.json": manifest("@neverstale/fleet-web"),
      "apps/fleet/web/src/hosts/host-panel.tsx": "setTimeout(() => {}, 1);",
      "apps/fleet/web/src/hosts/io/stored.ts": "localStorage.clear();",
      "apps/fleet/web/src/hosts/columns.ts":
        "document.title = location.href;\nwindow.localStorage.clear();\nwindow.location.reload();\nfetch('/');",
    });

    expect(await found()).toEqual([
      "apps/fleet/web/src/hosts/columns.ts:2: uses the global `localStorage`",
      "apps/fleet/web/src/hosts/columns.ts:4: uses the global `fetch`",
    ]);
  });
});

describe("imports", () => {
  const server = manifest("@neverstale/server", {
    dependencies: { "@neverstale/protocol": "1" },
    devDependencies: { zod: "4" },
  });

  test("a relative import that leaves its package is refused, one that stays is not", async () => {
    write({
      "packages/server/package.json": server,
      "packages/server/src/store/a.ts": `import "../b.ts";\nimport "../../../protocol/src/index.ts";`,
    });

    expect(await found()).toEqual([
      `packages/server/src/store/a.ts:2: "../../../protocol/src/index.ts" leaves the package`,
    ]);
  });

  test("what is imported is declared: by tests in devDependencies too", async () => {
    write({
      "packages/server/package.json": server,
      "packages/server/src/a.ts": `import "@neverstale/protocol";\nimport "zod/mini";\nimport type { X } from "@scope/other/deep";`,
      "packages/server/src/a.test.ts": `import "zod";\nimport "vitest";\nimport "left-pad";`,
    });

    expect(await found()).toEqual([
      `packages/server/src/a.test.ts:3: imports "left-pad", which packages/server/package.json does not declare`,
      `packages/server/src/a.ts:2: imports "zod", which packages/server/package.json does not declare`,
      `packages/server/src/a.ts:3: imports "@scope/other", which packages/server/package.json does not declare`,
    ]);
  });

  test("a package does not import itself by name", async () => {
    write({ "packages/server/package.json": server, "packages/server/src/a.ts": `import "@neverstale/server";` });

    expect(await found()).toEqual([`packages/server/src/a.ts:1: imports its own package as "@neverstale/server"`]);
  });

  test("server and client do not meet, whatever their manifests declare, except in tests", async () => {
    const client = manifest("@neverstale/client", { dependencies: { "@neverstale/server": "1" } });
    write({
      "packages/server/package.json": server,
      "packages/client/package.json": client,
      "packages/client/src/a.ts": `import "@neverstale/server";`,
      "packages/client/src/a.test.ts": `import "@neverstale/server";`,
    });

    expect(await found()).toEqual([
      "packages/client/src/a.ts:1: packages/client imports packages/server, against the direction of imports",
    ]);
  });

  test("protocol imports nothing of ours", async () => {
    write({
      "packages/client/package.json": manifest("@neverstale/client"),
      "packages/protocol/package.json": manifest("@neverstale/protocol", {
        dependencies: { "@neverstale/client": "1" },
      }),
      "packages/protocol/src/a.ts": `import "@neverstale/client";`,
    });

    expect((await architectureViolations(root)).map(describeViolation)).toContain(
      "packages/protocol/src/a.ts:1  packages/protocol imports packages/client, against the direction of imports\n    instead: it may import nothing of ours",
    );
  });
});

describe("circles of imports", () => {
  test("two files that import each other are named as a way around", async () => {
    write({
      "scripts/a.ts": `import { b } from "./deep/b.ts";\nexport const a = b;`,
      "scripts/deep/b.ts": `\nimport { a } from "../a.ts";\nexport const b = () => a;`,
    });

    expect(await found()).toEqual([
      "scripts/a.ts:1: imports itself: scripts/a.ts -> scripts/deep/b.ts -> scripts/a.ts",
    ]);
  });

  test.each([
    ["a type", `import type { A } from "./a.ts";`],
    ["a type in place", `export type B = import("./a.ts").A;`],
    ["an export", `export { A } from "./a.ts";`],
    ["an export of all", `export * from "./a.ts";`],
    ["a module that is loaded later", `export const later = () => import("./a.ts");`],
  ])("%s counts as well", async (_, statement) => {
    write({ "bench/a.ts": `export type { B } from "./b.ts";\nexport type A = 1;`, "bench/b.ts": statement });

    expect(await found()).toEqual(["bench/a.ts:1: imports itself: bench/a.ts -> bench/b.ts -> bench/a.ts"]);
  });

  test("a file that imports itself is a circle, in tests too", async () => {
    write({ "tests/a.test.ts": `import "./a.test.ts";` });

    expect(await found()).toEqual(["tests/a.test.ts:1: imports itself: tests/a.test.ts -> tests/a.test.ts"]);
  });

  test("of many files that reach each other the shortest way around is told", async () => {
    write({
      "examples/a.ts": `import "./b.ts";`,
      "examples/b.ts": `import "./c.ts";`,
      "examples/c.ts": `import "./d.ts";\nimport "./a.ts";`,
      "examples/d.ts": `import "./c.ts";\nimport "./below.ts";`,
      "examples/below.ts": "export {};",
    });

    expect(await found()).toEqual([
      "examples/c.ts:1: imports itself: examples/c.ts -> examples/d.ts -> examples/c.ts (4 files reach each other)",
    ]);
  });

  test("several ways to one file are none", async () => {
    write({
      "scripts/a.ts": `import "./b.ts";\nimport "./c.ts";`,
      "scripts/b.ts": `import "./d.ts";`,
      "scripts/c.ts": `import "./d.ts";\nimport "./b.ts";`,
      "scripts/d.ts": "export {};",
    });

    expect(await found()).toEqual([]);
  });
});

describe("the followers' independence of the authority", () => {
  const followers = "packages/server/src/followers";
  const authority = { "packages/server/src/authority/deciding/writer.ts": "export type Writer = 1;" };

  test.each([
    ["a value", `import "../authority/deciding/writer.ts";`],
    ["a type", `import type { Writer } from "../authority/deciding/writer.ts";`],
    ["an export", `export * from "../authority/deciding/writer.ts";`],
  ])("ends with the import of %s", async (_, statement) => {
    write({ ...authority, [`${followers}/sync-hub.ts`]: `\n${statement}` });

    expect(await found()).toEqual([
      `${followers}/sync-hub.ts:2: leads into packages/server/src/authority: ${followers}/sync-hub.ts -> packages/server/src/authority/deciding/writer.ts`,
    ]);
  });

  test("ends with an import that leads there through other files, which is told once", async () => {
    write({
      ...authority,
      "packages/server/src/space/space.ts": `import "./spaces.ts";`,
      "packages/server/src/space/spaces.ts": `import "../authority/deciding/writer.ts";`,
      [`${followers}/sync-hub.ts`]: `import "./frames/snapshots.ts";`,
      [`${followers}/frames/snapshots.ts`]: `import "../../space/space.ts";`,
    });

    expect(await found()).toEqual([
      `${followers}/frames/snapshots.ts:1: leads into packages/server/src/authority: ${followers}/frames/snapshots.ts -> packages/server/src/space/space.ts -> packages/server/src/space/spaces.ts -> packages/server/src/authority/deciding/writer.ts`,
    ]);
  });

  test("is none of tests, and the authority may know of followers", async () => {
    write({
      "packages/server/src/authority/deciding/writer.ts": `import "../../followers/committed-groups.ts";`,
      [`${followers}/committed-groups.ts`]: "export {};",
      [`${followers}/sync-hub.test.ts`]: `import "../authority/deciding/writer.ts";`,
      [`${followers}/hub-suite.ts`]: `import "../authority/deciding/writer.ts";`,
    });

    expect(await found()).toEqual([]);
  });
});

describe("folders", () => {
  function files(folder: string, count: number, end = ".ts"): Record<string, string> {
    const names = Array.from({ length: count }, (_, index) => [`${folder}/f${index}${end}`, "export {};"]);
    return Object.fromEntries(names);
  }

  test("none holds more than fifteen source files", async () => {
    write({ ...files("scripts", 15), ...files("scripts/part", 16), "scripts/part/more.tsx": "export {};" });

    expect(await found()).toEqual(["scripts/part: holds 17 source files, more than 15"]);
  });

  test("tests, suites and folders below are not counted", async () => {
    write({ ...files("bench", 15), ...files("bench", 9, ".test.ts"), ...files("bench", 9, "-suite.ts") });
    write({ ...files("bench/part", 15), ...files("bench/dist", 40), ...files("bench/node_modules/a", 40) });

    expect(await found()).toEqual([]);
  });
});

describe("packages for browsers", () => {
  test("a Node module behind any file of the bundle is found, also behind io/ and a dependency", async () => {
    write({
      "packages/client/package.json": manifest("@neverstale/client", { dependencies: { deep: "1" } }),
      "packages/client/src/index.ts": `export { open } from "./io/socket.ts";\nexport * from "deep";`,
      "packages/client/src/io/socket.ts": `import { connect } from "node:net";\nexport const open = () => connect(1);`,
      "packages/client/node_modules/deep/package.json": `{"name":"deep","type":"module","exports":"./index.js"}`,
      "packages/client/node_modules/deep/index.js": `export { tmpdir } from "os";`,
    });

    const violations = await found();

    expect(violations).toContain(`packages/client/src/index.ts:1: its browser bundle still imports "node:net"`);
    expect(violations).toContain(`packages/client/src/index.ts:1: its browser bundle still imports "os"`);
  });

  test("a peer dependency may stay outside", async () => {
    write({
      "packages/react/package.json": manifest("@neverstale/react", { peerDependencies: { react: ">=19" } }),
      "packages/react/src/index.ts": `export { useState } from "react";`,
    });

    expect(await found()).toEqual([]);
  });
});

test("neither the lock file nor .npmrc names a registry", async () => {
  write({
    "package-lock.json": `{\n  "resolved": "https://example.org/a.tgz"\n}`,
    ".npmrc": "fund=false\nregistry=https://example.org/\n@own:registry = https://example.org/\n",
  });

  expect(await found()).toEqual([
    `package-lock.json:2: names a registry: "resolved": "https://example.org/a.tgz"`,
    ".npmrc:2: names a registry: registry=https://example.org/",
    ".npmrc:3: names a registry: @own:registry = https://example.org/",
  ]);
});
