import type { Host } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { argsOf, hostIdsOf } from "./host-names.ts";

const host = (id: string, name?: string, hostname = id) => ({ id, name, hostname }) as Host;
const hosts = [host("web-1", "Shop"), host("db-prod"), host("db-prod-x7"), host("mail", undefined, "db-prod")];

test("a host is found by its id or its name, `all` is every one, and none comes twice", () => {
  expect(hostIdsOf(["Shop", "db-prod-x7", "web-1"], hosts)).toEqual({ ok: true, value: ["web-1", "db-prod-x7"] });
  expect(hostIdsOf(["all"], hosts)).toEqual({ ok: true, value: ["web-1", "db-prod", "db-prod-x7", "mail"] });
});

test("what a machine calls itself chooses nothing", () => {
  const own = [host("web-1", undefined, "payments")];

  expect(hostIdsOf(["db-prod"], hosts)).toEqual({ ok: true, value: ["db-prod"] });
  expect(hostIdsOf(["payments"], own)).toEqual({
    ok: false,
    problem: "there is no host payments, but web-1 calls itself so: choose it by its id",
  });
});

test("a name that is none, or that is two, says so", () => {
  const twice = [host("1", "db"), host("2", "db"), host("db")];

  expect(hostIdsOf(["ftp"], hosts)).toEqual({
    ok: false,
    problem: "there is no host ftp; there are: Shop, db-prod, db-prod-x7, mail",
  });
  expect(hostIdsOf(["db"], twice)).toEqual({ ok: false, problem: "3 hosts are called db: say which by id: 1, 2, db" });
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
