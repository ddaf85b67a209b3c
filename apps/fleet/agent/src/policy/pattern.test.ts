import { expect, test } from "vitest";
import { parsePattern } from "./pattern.ts";

test.each([
  ["(a+)+b", "a".repeat(500)],
  ["(a|a)*b", "a".repeat(500)],
  ["(.*)*x", "a".repeat(500)],
  ["([a-z]+)*[0-9]", "a".repeat(500)],
  ["(a|b)*a(a|b){20}", "ab".repeat(250)],
  ["(x?){400}y", "x".repeat(500)],
])("the pattern %s takes no longer for a text that it almost matches", (source, text) => {
  expect(parsePattern(source).matches(text)).toBe(false);
});

test.each([
  ["[a-z.-]+", "web-1.example", false],
  ["[a-z0-9.-]+", "web-1.example", true],
  ["a|ab", "ab", true],
  ["a", "ab", false],
  ["^a$", "a", true],
  [".*", "a\nb", false],
  ["[\\p{L}\\d_-]+", "Größe_1", true],
  [".", "😀", true],
  ["\\u0041\\u{42}", "AB", true],
  ["(?<year>\\d{4})-\\d\\d", "2026-07", true],
  ["[\\w\\-\\/]+", "a/b-c", true],
])("%s and %j: %s", (source, text, matches) => {
  expect(parsePattern(source).matches(text)).toBe(matches);
});

test.each(["(", "[a", "(?=a)", "(?<!a)b", "(a)\\1", "a{1001}", "((a{1000}){1000}){1000}", "((x?){60}){60}"])(
  "%s is refused when it is read",
  (source) => {
    expect(() => parsePattern(source)).toThrow(/regular expression/);
  },
);
