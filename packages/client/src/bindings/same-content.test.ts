import { expect, test } from "vitest";
import { sameContent } from "./same-content.ts";

const record = { id: "web-1", tags: ["a"] };

test.each<[unknown, unknown]>([
  [1, 1],
  [Number.NaN, Number.NaN],
  [[record], [record]],
  [[record], [{ id: "web-1", tags: ["a"] }]],
  [
    { a: 1, b: undefined },
    { a: 1, b: undefined },
  ],
  [Object.create(null), {}],
])("%o and %o hold the same", (a, b) => {
  expect(sameContent(a, b)).toBe(true);
});

test.each<[unknown, unknown]>([
  [0, -0],
  [[1], [1, 2]],
  [
    [1, 2],
    [2, 1],
  ],
  [{ a: 1 }, { a: 1, b: undefined }],
  [{ a: undefined }, { b: undefined }],
  [[], {}],
  [null, {}],
  [new Map(), new Map()],
  [() => 1, () => 1],
])("%o and %o do not", (a, b) => {
  expect(sameContent(a, b)).toBe(false);
});

test("what is very large counts as different before it is compared to the end", () => {
  const many = () => Array.from({ length: 2_000 }, () => ({}));

  expect(sameContent(many(), many())).toBe(false);
});

test("what holds itself comes to an end", () => {
  const a: unknown[] = [];
  const b: unknown[] = [];
  a.push(a);
  b.push(b);

  expect(sameContent(a, b)).toBe(false);
});
