import { expect, test } from "vitest";
import { compiledPath, isShippedOfOthers, isShippedSource, withCompiledImports } from "./shipped-files.ts";

test("of a package of the registry goes along what Node may load, and its licence", () => {
  const files = ["package.json", "index.js", "lib/a.cjs", "lib/docs/b.js", "LICENSE", "LICENSE.md", "data.json"];
  const left = ["README.md", "index.d.ts", "index.d.cts", "lib/a.js.map", "test/a.js", "benchmarks/b.js", "src/a.ts"];

  expect(files.filter(isShippedOfOthers)).toEqual(files);
  expect(left.filter(isShippedOfOthers)).toEqual([]);
});

test("sources take the names that the compiler would give them, and no test goes along", () => {
  expect(
    ["src/io/a.ts", "src/a.test.ts", "src/a-suite.ts", "src/a.slow.test.ts", "types/a.d.ts"].filter(isShippedSource),
  ).toEqual(["src/io/a.ts"]);
  expect(compiledPath("src/io/a.ts")).toBe("dist/io/a.js");
  expect(
    withCompiledImports(
      'import { a } from "./a.ts";\nexport * from "../b.ts";\nimport "./c.ts";\nawait import("./d.ts");',
    ),
  ).toBe('import { a } from "./a.js";\nexport * from "../b.js";\nimport "./c.js";\nawait import("./d.js");');
  expect(withCompiledImports('const name = "./runner.ts"; import x from "y.ts";')).toBe(
    'const name = "./runner.ts"; import x from "y.ts";',
  );
});
