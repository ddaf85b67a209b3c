/** `npm run check` and `npm test` have these tools in common. Each resolves to an exit code. */

import { runScript } from "../run.ts";

/** It checks types. The lines marked `@ts-expect-error` in tests must not compile. */
export function compileTypes(): Promise<number> {
  return runScript("node_modules/typescript/bin/tsc", ["--build"]);
}

export function lint(): Promise<number> {
  return runScript("node_modules/@biomejs/biome/bin/biome", ["check", "--error-on-warnings", "."]);
}

/** It finds exports, files and dependencies that nobody uses, as knip.json has it. */
export function findUnused(): Promise<number> {
  return runScript("node_modules/knip/bin/knip.js", ["--no-progress"]);
}
