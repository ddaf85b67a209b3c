import type { Host } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { argsOf, hostIdsOf } from "./host-names.ts";

const host = (id: string, hostname: string) => ({ id, hostname }) as Host;
const hosts = [host("1", "web"), host("2", "db"), host("3", "db")];

test("a host is found by its id or its name, `all` is every one, and none comes twice", () => {
  expect(hostIdsOf(["web", "2", "1"], hosts)).toEqual({ ok: true, value: ["1", "2"] });
  expect(hostIdsOf(["all"], hosts)).toEqual({ ok: true, value: ["1", "2", "3"] });
});

test("a name that is none, or that is two, says so", () => {
  expect(hostIdsOf(["mail"], hosts)).toEqual({ ok: false, problem: "there is no host mail; there are: web, db, db" });
  expect(hostIdsOf(["db"], hosts)).toEqual({ ok: false, problem: "2 hosts are called db: say which by id: 2, 3" });
});

test("arguments are texts, or numbers where the op asks for one", () => {
  const specs = [{ name: "seconds", type: "integer", min: 1, max: 9 } as const];

  expect(argsOf(["seconds=5", "path=/a=b"], specs)).toEqual({ ok: true, value: { seconds: 5, path: "/a=b" } });
  expect(argsOf(["seconds=five"], specs)).toEqual({
    ok: false,
    problem: "--arg seconds=five: seconds is a whole number",
  });
  expect(argsOf(["seconds"], specs)).toEqual({ ok: false, problem: "--arg seconds: write it as name=value" });
});
