import { defineConfig } from "vitest/config";
import { LONG_TESTS, QUICK_FOLDERS, SLOW_TESTS } from "./scripts/check/quick-tests.ts";
import { BINDINGS_TESTS, bindingsPlugins, bindingsResolve } from "./scripts/test/bindings-project.ts";
import LongestFirst from "./scripts/test/longest-first.ts";

const conditions = ["source"];
const EXCLUDED = ["**/node_modules/**", "**/dist/**", "**/*.proof.test.ts"];
const TEST_FILES = "**/*.test.{ts,tsx}";

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    projects: [
      // The quick files share their processes, since each would else spend more time on loading modules than on its tests.
      {
        extends: true,
        test: {
          name: "quick",
          isolate: false,
          include: QUICK_FOLDERS.map((folder) => `${folder}${TEST_FILES}`),
          exclude: [...EXCLUDED, ...LONG_TESTS, ...SLOW_TESTS],
        },
      },
      {
        extends: true,
        test: { name: "long", isolate: false, include: [...LONG_TESTS], exclude: EXCLUDED },
      },
      {
        extends: true,
        test: {
          name: "slow",
          include: [`{examples,tests}/${TEST_FILES}`, ...SLOW_TESTS],
          exclude: [...EXCLUDED, ...BINDINGS_TESTS],
          // The client of the Model Context Protocol imports this one, which ships TypeScript under the condition `source`.
          server: { deps: { inline: [/\/@modelcontextprotocol\/client\//, /\/eventsource\//] } },
        },
      },
      {
        extends: true,
        plugins: bindingsPlugins,
        resolve: bindingsResolve,
        ssr: { resolve: { conditions: bindingsResolve.conditions } },
        test: {
          name: "bindings",
          isolate: false,
          include: [...BINDINGS_TESTS],
          exclude: EXCLUDED,
          server: { deps: { inline: [/\/(svelte|solid-js)\//] } },
        },
      },
    ],
    // They end what hangs. No test is meant to come near them, on however slow a machine.
    testTimeout: 900_000,
    hookTimeout: 900_000,
    expect: { poll: { timeout: 240_000 } },
    fileParallelism: true,
    // Many tests wait for processes and timers, so three files at a time keep two cores busy.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
  },
});
