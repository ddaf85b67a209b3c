/** `npm run check` runs the tests of the packages, the fleet and the scripts that do not take seconds each. */

/** These start processes or threads by the dozen, hash passwords, fill disks, or wait for time-outs. They belong to `npm test` alone. */
export const SLOW_TESTS: readonly string[] = [
  "**/*.slow.test.*",
  "packages/store-sqlite/**/{crash,sqlite-copy,sqlite-files,sqlite-store}.test.ts",
  "packages/store-postgres/**/io/*.test.ts",
  "packages/server/**/{http-node-link,process-end}.test.ts",
  "apps/fleet/server/**/{full-disk,guesses,security,start,way-in}.test.ts",
  "apps/fleet/agent/**/{program,reporter,runner}.test.ts",
];

/**
 * Vitest is given these. It takes parts of paths. The files share two processes, which takes two thirds of the time: a test that
 * relies on what another file left behind fails in `npm test`, where each file has a process of its own.
 */
export const QUICK_TESTS: readonly string[] = [
  "--no-isolate",
  "packages/",
  "apps/fleet/",
  "scripts/",
  ...SLOW_TESTS.map((pattern) => `--exclude=${pattern}`),
];
