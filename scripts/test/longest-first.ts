/** The test files that take longest come first, because one that is begun last would run alone at the end. */

import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { ROOT } from "../run.ts";
import { TestTimes } from "./test-times.ts";

export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const times = TestTimes.read();
    const others = await super.sort(files);
    const seconds = ({ moduleId }: TestSpecification) => times.of(relative(ROOT, moduleId).replaceAll("\\", "/"));
    return others.sort((a, b) => seconds(b) - seconds(a));
  }
}
