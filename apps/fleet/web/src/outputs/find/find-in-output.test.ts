import type { OutputMatch, OutputSearchAnswer } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { FindInOutput, findWords, MOST_HITS } from "./find-in-output.ts";

const hit = (line: number): OutputMatch => ({
  line,
  offset: line * 10,
  column: 0,
  length: 1,
  text: "x",
  textColumn: 0,
});
const QUERY = { text: "x", regex: false, matchCase: false };

/** These answers come one after the other, as a server gives them. */
function answering(...answers: readonly Partial<OutputSearchAnswer>[]): {
  find: FindInOutput;
  asked: URLSearchParams[];
} {
  const asked: URLSearchParams[] = [];
  const rest = [...answers];
  const find = new FindInOutput("c1", async (path) => {
    asked.push(new URL(path, "http://x").searchParams);
    const answer = rest.shift();
    if (answer === undefined) throw new Error("The server can't be reached.");
    return { matches: [], next: null, goOn: null, searchedBytes: 1_000, ...answer };
  });
  return { find, asked };
}

test("all parts are gone through, and the first hit from what is in sight on is the current one", async () => {
  const { find, asked } = answering(
    { matches: [hit(1), hit(5)], next: "6-60-3" },
    { matches: [hit(9)], goOn: "12-120-3" },
  );

  await find.search(QUERY, 6);

  expect(asked.map((query) => query.get("from"))).toEqual([null, "6-60-3"]);
  expect(asked[0]?.get("ignoreCase")).toBe("true");
  expect(find.snapshot).toMatchObject({ isRunning: false, current: 2, searchedBytes: 2_000 });
  expect(findWords(find.snapshot, 2_000)).toBe("3 of 3 lines");
  find.step(1);
  expect(findWords(find.snapshot, 2_000)).toBe("1 of 3 lines");
  find.step(-1);
  expect(find.snapshot.current).toBe(2);
});

test("without a hit from there on, the last one is current, and what has come since is looked at too", async () => {
  const { find, asked } = answering(
    { matches: [hit(1), hit(5)], goOn: "5-50-0" },
    { matches: [hit(5), hit(7), hit(7)], goOn: "9-90-0" },
  );
  await find.search(QUERY, 100);
  expect(find.snapshot.current).toBe(1);

  await find.searchOn();

  expect(asked[1]?.get("from")).toBe("5-50-0");
  expect(find.snapshot.hits.map(({ line }) => line)).toEqual([1, 5, 7]);
  expect(find.snapshot.current).toBe(1);
});

test("[B163] so many lines with a match are held, and it says that there are more", async () => {
  const page = (from: number) => Array.from({ length: 1_000 }, (_, at) => hit(from + at));
  const { find, asked } = answering(
    ...Array.from({ length: 30 }, (_, at) => ({ matches: page(1 + at * 1_000), next: `${at}-0-0` })),
  );

  await find.search(QUERY, 1);

  expect(find.snapshot.hits).toHaveLength(MOST_HITS);
  expect(asked).toHaveLength(MOST_HITS / 1_000);
  expect(findWords(find.snapshot, 1e9)).toBe("1 of 10,000 lines, and more behind");
});

test("a refusal is told, and a search that was left behind changes nothing any more", async () => {
  const { find } = answering({ matches: [hit(1)] });
  const first = find.search(QUERY, 1);
  const second = find.search({ ...QUERY, text: "" }, 1);
  await Promise.all([first, second]);
  expect(find.snapshot).toMatchObject({ hits: [], isRunning: false });

  await find.search(QUERY, 1);
  expect(find.snapshot).toMatchObject({ problem: "The server can't be reached.", isRunning: false });
  expect(findWords({ ...find.snapshot, problem: null }, 0)).toBe("Nothing found");
});
