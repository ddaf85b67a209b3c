import { mergeConfig } from "vitest/config";
import usual from "./vitest.config.ts";

/** What takes longer than `npm test` may, and once more, with nothing beside it, what has a bound on time. */
const TIMED = [
  "tests/browser/connection.test.ts",
  "tests/acceptance/seed.test.ts",
  "apps/fleet/server/src/process/io/start.test.ts",
];

const { test, ...others } = usual;

export default mergeConfig(
  { ...others, test: { ...test, include: undefined, projects: undefined, exclude: ["**/node_modules/**"] } },
  {
    test: {
      include: ["{packages,apps,scripts,tests}/**/*.proof.test.ts", ...TIMED],
      maxWorkers: 1,
      env: { NEVERSTALE_TEST_LEISURE: "1" },
    },
  },
);
