import { expect, test } from "vitest";
import { copyProgress } from "./copy-progress.ts";

test("a copy says the first line of each kind of work, and one a second after it", () => {
  const lines: string[] = [];
  let now = 5_000;
  const tell = copyProgress(
    (line) => lines.push(line),
    () => now,
  );
  const counts = { spaces: 1, records: 2, tombstones: 0, entries: 3, answers: 4, expired: 5, history: 6, points: 8 };

  tell("copied", counts);
  tell("copied", { ...counts, records: 7 });
  now += 1_000;
  tell("copied", { ...counts, records: 8 });
  tell("checked", counts);

  expect(lines).toEqual([
    "copied so far: 3 chain entries, 1 spaces, 2 records, 0 tombstones, 4 answers, 6 history rows, 8 rows of points",
    "copied so far: 3 chain entries, 1 spaces, 8 records, 0 tombstones, 4 answers, 6 history rows, 8 rows of points",
    "checked so far: 3 chain entries, 1 spaces, 2 records, 0 tombstones, 4 answers, 6 history rows, 8 rows of points",
  ]);
});
