import { expect, test } from "vitest";
import { normalBasePath, withoutBasePath } from "./base-path.ts";

test.each([
  ["/", ""],
  ["", ""],
  ["/fleet", "/fleet"],
  ["fleet/", "/fleet"],
  ["/tools/fleet-2/", "/tools/fleet-2"],
])("the base path %s is %s", (given, normal) => {
  expect(normalBasePath(given)).toBe(normal);
});

test.each(["/../x", "/a b", "/a?b", "/a#b", "https://x/fleet", "/a%2fb", "/a;b", '/"><script>'])(
  "%s is no base path",
  (given) => {
    expect(() => normalBasePath(given)).toThrow("is no base path");
  },
);

test.each([
  ["/fleet", "/"],
  ["/fleet/", "/"],
  ["/fleet?q=1", "/?q=1"],
  ["/fleet/api/state?x=1", "/api/state?x=1"],
  ["/api/state", "/api/state"],
  ["/fleetx/api", "/fleetx/api"],
  ["/fleet/fleet/x", "/fleet/x"],
  ["/fleet//etc", "//etc"],
])("below /fleet %s is %s", (url, path) => {
  expect(withoutBasePath(url, "/fleet")).toBe(path);
});
