/** These files are handed out of the packages that the agent needs, under these names. */

/** It is true for a file of a package of the registry that Node may load, and for its licence. `path` is its path in the package. */
export function isShippedOfOthers(path: string): boolean {
  const [top = "", ...below] = path.split("/");
  if (below.length > 0 && ASIDE.has(top)) return false;
  return !/\.([cm]?ts|map|flow)$/.test(path) && (!/\.(md|markdown)$/i.test(path) || /licen[cs]e/i.test(path));
}

/** Authors publish these folders with their packages, and no program loads anything from there. */
const ASIDE = new Set([
  "test",
  "tests",
  "__tests__",
  "benchmarks",
  "docs",
  "example",
  "examples",
  "src",
  "node_modules",
]);

/** In a checkout the sources stand for what the compiler would make of them. */
export function isShippedSource(path: string): boolean {
  return path.endsWith(".ts") && !/(\.test|-suite|\.d)\.ts$/.test(path);
}

/** `src/io/agent.ts` becomes `dist/io/agent.js`, as the compiler would write it. */
export function compiledPath(path: string): string {
  return path.replace(/^src\//, "dist/").replace(/\.ts$/, ".js");
}

/** The text has no types any more. What it imports has other names now, too. */
export function withCompiledImports(text: string): string {
  return text.replace(/\b(from|import|import\()(\s*)"(\.{1,2}\/[^"]+)\.ts"/g, '$1$2"$3.js"');
}
