/** `npm run check` runs the quick tests: those of the packages, the fleet and the scripts that do not take seconds each. */

/** The quick tests lie below these. */
export const QUICK_FOLDERS: readonly string[] = ["packages/", "apps/fleet/", "scripts/"];

/** These start processes or threads by the dozen, hash passwords, fill disks, or wait for time-outs. They belong to `npm test` alone. */
export const SLOW_TESTS: readonly string[] = [
  "**/*.slow.test.ts",
  "packages/store-sqlite/**/{crash,sqlite-copy,sqlite-files,sqlite-store}.test.ts",
  "packages/store-postgres/**/io/*.test.ts",
  "packages/server/**/{http-node-link,process-end}.test.ts",
  "apps/fleet/server/**/{full-disk,guesses,security,start,way-in}.test.ts",
  "apps/fleet/agent/**/{program,reporter,runner}.test.ts",
];
