import { defineConfig } from "vitest/config";
import LongestFirst from "./scripts/test/longest-first.ts";

const conditions = ["source"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["{packages,apps,examples,tests,scripts}/**/*.test.{ts,tsx}"],
    exclude: ["**/node_modules/**", "**/*.proof.test.ts"],
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
