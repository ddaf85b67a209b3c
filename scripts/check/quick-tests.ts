/** `npm run check` runs the quick tests: those of the packages, the fleet and the scripts that do not take seconds each. */

/** The tests of the packages, the fleet and the scripts lie below these. */
export const QUICK_FOLDERS: readonly string[] = ["packages/", "apps/fleet/", "scripts/"];

/** These take more than a second each, so they belong to `npm test` alone. They share their processes, as the quick ones do. */
export const LONG_TESTS: readonly string[] = [
  "apps/fleet/domain/src/commands/escapes.test.ts",
  "apps/fleet/server/src/agents/io/{agents,hostile,rotation}.test.ts",
  "apps/fleet/server/src/accounts/io/api-tokens.test.ts",
  "apps/fleet/server/src/alerts/alerts.test.ts",
  "apps/fleet/server/src/audit/io/verify-audit.test.ts",
  "apps/fleet/server/src/backups/io/scheduled-backups.test.ts",
  "apps/fleet/server/src/catalogue/io/fleet-file.test.ts",
  "apps/fleet/server/src/notifications/io/notifications.test.ts",
  "apps/fleet/server/src/commands/{dispatch,if-version,many-hosts,output/output-search}.test.ts",
  "apps/fleet/server/src/commands/rules/{checks,retries}.test.ts",
  "apps/fleet/server/src/schedules/schedules.test.ts",
  "apps/fleet/server/src/tls/tls.test.ts",
  "apps/fleet/server/src/erasures/erasures.test.ts",
  "apps/fleet/server/src/exports/exports.test.ts",
  "apps/fleet/server/src/fleet/host-budgets.test.ts",
  "apps/fleet/server/src/http/io/{connections/plain-connections,credential-limits,matrix}.test.ts",
  "packages/base/src/io/test-processes.test.ts",
  "packages/client/src/kept/{kept-replica,io/database}.test.ts",
  "packages/client/src/replica.server.test.ts",
  "packages/client/src/tabs/tabs.test.ts",
  "packages/protocol/src/json/take-json.test.ts",
  "packages/server/src/node/io/forwarded-requests.test.ts",
  "packages/server/src/transport/websocket/io/{serve-sync,upgrade}.test.ts",
  "packages/sim/src/{run,scenarios}.test.ts",
  "packages/store-sqlite/src/io/{authority,bounds,chain,no-sqlite}.test.ts",
  "apps/fleet/server/src/{accounts/io/grants-wire,shares/shares}.test.ts",
];

/** These start processes or threads by the dozen, hash passwords, fill disks, or wait for time-outs. Each of their files has a process of its own in `npm test`. */
export const SLOW_TESTS: readonly string[] = [
  "**/*.slow.test.ts",
  "packages/store-sqlite/**/{crash,sqlite-copy,sqlite-files,sqlite-store}.test.ts",
  "packages/store-postgres/**/io/*.test.ts",
  "packages/server/**/{http-node-link,process-end}.test.ts",
  "apps/fleet/server/**/{failed-sign-ins,full-disk,guesses,people,recent-proof,second-factors,security,start,way-in}.test.ts",
  "apps/fleet/agent/**/{program,reporter,runner}.test.ts",
];
