import { expect, test } from "vitest";
import { parseAgentFile } from "./agent-file.ts";
import { type Machine, planOf } from "./plan.ts";

const machine: Machine = {
  places: { node: "/bin/node", shipped: "/ops" },
  lookUpUser: (name) =>
    name === "nobody" ? { user: { uid: 99, gid: 98 } } : { problem: `this host has no user ${name}` },
};

const file = parseAgentFile(`
ops:
  plain: { argv: ["{node}", "{shipped}/x.mjs"], user: nobody, timeout: 9s, kill_grace: 1s, output_cap: 4KiB, env: { A: b } }
  other: { argv: [x], user: somebody }
  braces: { argv: [find, /, -exec, "{}", "{ print }"] }
  ping:
    argv: [ping, -c, "{count}", --, "{host}"]
    args:
      count: { type: integer, min: -5, max: 5, default: 3 }
      host: { type: text, maxLength: 50, pattern: "[a-z.-]+" }
  show:
    argv: [show, "{what}", "--as={form}"]
    args:
      what: { type: text, maxLength: 50, pattern: ".*" }
      form: { type: choice, values: [long, short], default: short }
`);

function plan(op: string, args: Record<string, string | number> = {}) {
  return planOf(file, machine, { id: "c1", op, args, status: "assigned" });
}

test("[C40] a job is the file's argv with its arguments, a fixed environment, the file's limits and user", () => {
  expect(plan("plain")).toEqual({
    args: {},
    job: {
      argv: ["/bin/node", "/ops/x.mjs"],
      env: {
        PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        LANG: "C.UTF-8",
        A: "b",
        NEVERSTALE_COMMAND_ID: "c1",
      },
      cwd: "/",
      user: { uid: 99, gid: 98 },
      timeoutMs: 9_000,
      killGraceMs: 1_000,
      outputCapBytes: 4_096,
    },
  });
});

test("[C40] an argument is one part of the argv, whatever it holds", () => {
  expect(plan("show", { what: "a b; $(c) '{form}'" })).toMatchObject({
    job: { argv: ["show", "a b; $(c) '{form}'", "--as=short"] },
  });
  expect(plan("ping", { host: "-f" })).toMatchObject({ job: { argv: ["ping", "-c", "3", "--", "-f"] } });
});

test("braces without a name in them are no placeholders", () => {
  expect(plan("braces")).toMatchObject({ job: { argv: ["find", "/", "-exec", "{}", "{ print }"] } });
});

const REFUSED: readonly (readonly [op: string, args: Record<string, string | number>, refusal: string])[] = [
  ["reboot", {}, "this host doesn't allow reboot"],
  ["constructor", {}, "this host doesn't allow constructor"],
  ["other", {}, "this host has no user somebody"],
  ["ping", {}, "the argument host is missing"],
  ["ping", { host: "a", more: 1 }, "ping has no argument more"],
  ["ping", { host: "a", count: 6 }, "count is not between -5 and 5"],
  ["ping", { host: "a", count: "3" }, "count is not a whole number"],
  ["ping", { host: "a", count: -1 }, '"-1" would be read as an option'],
  ["ping", { host: "A" }, "host doesn't match what this host allows"],
  ["ping", { host: "a\n" }, "host holds characters that no argument may hold"],
  ["show", { what: "--all" }, '"--all" would be read as an option'],
  ["show", { what: "a\u0000" }, "what holds characters that no argument may hold"],
  ["show", { what: "a", form: "raw" }, "form is none of long, short"],
];

test.each(REFUSED)("[C40] %s %j is refused", (op, args, refusal) => {
  expect(plan(op, args)).toEqual({ refusal });
});
