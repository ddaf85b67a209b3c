/** What others do first: they install the packages, run the examples of the READMEs, and compile them. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT } from "../../scripts/run.ts";
import type { Outside } from "./outside.ts";
import { OLDEST_NODE, type PackedWorld } from "./world.ts";

export function describeInstalls(world: () => PackedWorld): void {
  describe.each(["this Node", "the oldest Node"] as const)("installed from a registry, on %s", (node) => {
    test("the examples of the READMEs run, as they stand there", async () => {
      const outside = await world().outside(node);
      await installEngine(outside);
      for (const example of EXAMPLES) outside.write(example, exampleText(example));

      const ran = (example: string, ...flags: string[]) =>
        outside.run("node", ["--disable-warning=ExperimentalWarning", ...flags, example]);

      if (node === "the oldest Node") expect((await outside.run("node", ["--version"])).trim()).toBe(`v${OLDEST_NODE}`);
      expect(await ran("model.ts")).toBe("{ id: 'web-1', status: 'up' } { status: 'up', name: null }\n");
      expect(await ran("authority.ts")).toBe("3 { load: 3, id: 'web-1' }\n");
      expect(await ran("mutation.ts")).toBe("shown at once: Buy milk 1\ndone 1 0\n");
      expect(await ran("nodes.ts")).toBe("writer follower version 1\nwriter\n");
      expect(await ran("durable.ts")).toContain("1 on disk\n");
      expect(await ran("engine.ts")).toContain("live 2");
      // The condition by which the workspace finds its sources means nothing to what is published.
      expect(await ran("durable.ts", "--conditions=source")).toContain("2 on disk\n");
    });

    test("the conformance kit and the command line start", async () => {
      const outside = await world().outside(node);
      outside.write("package.json", "{}");
      await outside.install("@neverstale/conformance", "neverstale");

      expect(await outside.run("npx", ["neverstale", "--version"])).toMatch(/^\d+\.\d+\.\d+\n$/);
      expect(await outside.run("npx", ["neverstale-conformance", "--help"])).toContain("neverstale-conformance");
    });
  });

  test("the types of all packages are whole: strict TypeScript compiles the examples, and every declaration", async () => {
    const outside = await world().outside();
    await installEngine(outside);
    await outside.install(
      "typescript@^7",
      "@types/node@^22",
      "@types/react@^19",
      "@types/react-dom@^19",
      "react-dom@^19",
    );
    for (const example of [...EXAMPLES, "page.tsx"]) outside.write(`src/${example}`, exampleText(example));
    const entries = ENTRIES.map((entry, index) => `import * as entry${index} from "${entry}";\nvoid entry${index};\n`);
    outside.write("src/entries.ts", entries.join(""));
    outside.write("tsconfig.json", JSON.stringify({ compilerOptions: STRICT, include: ["src"] }));

    await outside.run("npx", ["tsc", "--noEmit"]);
    await outside.run("npx", ["tsc", "--noEmit", "--module", "esnext", "--moduleResolution", "bundler"]);
  });
}

const EXAMPLES = ["engine.ts", "model.ts", "authority.ts", "mutation.ts", "nodes.ts", "durable.ts"];

const ENTRIES = [
  "@neverstale/base",
  "@neverstale/base/node",
  "@neverstale/protocol",
  "@neverstale/client",
  "@neverstale/client/bindings",
  "@neverstale/client/kept",
  "@neverstale/client/mutations",
  "@neverstale/client/tabs",
  "@neverstale/react",
  "@neverstale/solid",
  "@neverstale/svelte",
  "@neverstale/testing",
  "@neverstale/vue",
  "@neverstale/server",
  "@neverstale/server/http",
  "@neverstale/server/store",
  "@neverstale/store-sqlite",
  "@neverstale/store-sqlite/sliced",
  "@neverstale/store-postgres",
  "@neverstale/conformance",
  "neverstale",
];

const ENGINE = [
  "base",
  "protocol",
  "client",
  "server",
  "store-sqlite",
  "store-postgres",
  "conformance",
  "testing",
].concat(["react", "vue", "svelte", "solid"]);

/** No declaration of a package is passed over. */
const STRICT = {
  target: "es2024",
  lib: ["es2024", "esnext.disposable", "dom"],
  module: "nodenext",
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
  allowImportingTsExtensions: true,
  jsx: "react-jsx",
  skipLibCheck: false,
  types: ["node"],
};

async function installEngine(outside: Outside): Promise<void> {
  outside.write("package.json", JSON.stringify({ type: "module" }));
  await outside.install(
    ...ENGINE.map((name) => `@neverstale/${name}`),
    "neverstale",
    "zod@^4",
    "react@^19",
    "vue@^3.5",
    "svelte@^5",
    "solid-js@^1.9",
  );
}

function exampleText(name: string): string {
  return readFileSync(join(ROOT, "examples", name), "utf8");
}
