import { expect, test } from "vitest";
import { answerFor, cacheName, isOlderCache, scopeMark } from "./kept-files.ts";

const SCOPE = "https://fleet.test/tools/";
const FILES = new Set(["assets/main-abc.js", "favicon.svg", "theme.js"]);
const ask = (path: string, rest: { method?: string; mode?: string } = {}) =>
  answerFor({ method: "GET", mode: "cors", url: SCOPE + path, ...rest }, SCOPE, FILES).type;

test("only the page's own files are kept, and no answer of the server", () => {
  expect(ask("assets/main-abc.js")).toBe("hashed");
  expect(ask("favicon.svg")).toBe("named");
  for (const path of ["api/state", "api/session", "assets/other.js", "sync", "agent/reports", "openapi.json", "hosts"])
    expect(ask(path)).toBe("server");
  expect(ask("theme.js", { method: "POST" })).toBe("server");
  expect(answerFor({ method: "GET", mode: "cors", url: "https://fleet.test/theme.js" }, SCOPE, FILES).type).toBe(
    "server",
  );
});

test("a page is opened at the address of a screen alone: what is downloaded or read elsewhere comes from the server", () => {
  const open = (path: string) => ask(path, { mode: "navigate" });
  expect(["", "hosts", "hosts/web-1", "alerts", "events?q=disk#x"].map(open)).toEqual(Array(5).fill("page"));
  expect(["api", "api/commands/c1/output", "hosts/web-1/more", "hosts/", "nope"].map(open)).toEqual(
    Array(5).fill("server"),
  );
});

test("the caches of older builds go, and those of another fleet of this origin stay", () => {
  const own = cacheName(`b2${scopeMark(SCOPE)}`);
  expect(isOlderCache(own, "b2", SCOPE)).toBe(false);
  expect(isOlderCache(cacheName(`b1${scopeMark(SCOPE)}`), "b2", SCOPE)).toBe(true);
  expect(isOlderCache(cacheName(`b1${scopeMark("https://fleet.test/")}`), "b2", SCOPE)).toBe(false);
  expect(isOlderCache("of another program", "b2", SCOPE)).toBe(false);
});
