import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The files that take longest, longest first: begun last, one of them would run alone at the end. */
const LONGEST = [
  "tests/engine/slow-reader",
  "tests/conformance/client",
  "tests/browser/dashboard",
  "apps/fleet/cli/src/recovery.slow",
  "tests/conformance/",
  "tests/browser/",
  "apps/fleet/cli/src/",
  "tests/engine/",
];

/** Vitest knows by its cache how long a file took; a fresh clone has none. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const others = await super.sort(files);
    return others.sort((a, b) => place(a) - place(b));
  }
}

function place({ moduleId }: TestSpecification): number {
  const index = LONGEST.findIndex((part) => moduleId.replaceAll("\\", "/").includes(`/${part}`));
  return index === -1 ? LONGEST.length : index;
}
