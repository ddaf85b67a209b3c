import { expect, test } from "vitest";
import { ProgressLines } from "./progress-lines.ts";

test("[C36] progress is a line when it has changed, once a second at most, and commands no terminal", () => {
  const lines = new ProgressLines();
  const at = (current: number) =>
    ({ status: "running", progress: { phase: "pull\u001b[2J", current, total: 9 } }) as const;

  expect(lines.next({ status: "pending" }, 0)).toBeNull();
  expect(lines.next(at(1), 0)).toBe("pull 1/9");
  expect(lines.next(at(2), 999)).toBeNull();
  expect(lines.next(at(2), 1_000)).toBe("pull 2/9");
  expect(lines.next(at(2), 5_000)).toBeNull();
  expect(lines.next({ ...at(3), status: "succeeded" }, 9_000)).toBeNull();
});
