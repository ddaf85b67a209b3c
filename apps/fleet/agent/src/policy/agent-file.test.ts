import { readFileSync } from "node:fs";
import { YamlFileError } from "@neverstale/fleet-domain/yaml-file";
import { expect, test } from "vitest";
import { MOST_CHECKS, offerOf, parseAgentFile } from "./agent-file.ts";

test("the file that is shipped is valid and offers what it says", () => {
  const file = parseAgentFile(readFileSync(new URL("../../agent.yaml", import.meta.url), "utf8"));

  const offers = Object.entries(file.ops).map(([name, op]) => offerOf(name, op));

  expect(offers).toEqual([
    { name: "uptime", title: "Uptime and load", args: [] },
    { name: "disk", title: "Free space on the file systems", args: [] },
    { name: "memory", title: "Memory in use", args: [] },
    {
      name: "stream",
      title: "Watch load and memory for a while",
      args: [{ name: "seconds", type: "integer", min: 1, max: 300, default: 10 }],
    },
  ]);
});

test("durations, sizes and defaults are read into milliseconds and bytes", () => {
  const { ops } = parseAgentFile("ops:\n  a: { argv: [x], timeout: 5m, output_cap: 64KiB }\n");

  expect(ops.a).toMatchObject({ timeout: 300_000, kill_grace: 5_000, output_cap: 65_536, cwd: "/", env: {} });
});

test("[B133] checks have intervals and limits, and a file names so many of them", () => {
  const { checks } = parseAgentFile("ops: {}\nchecks:\n  web: { argv: [curl, -fsS, 'http://localhost/'] }\n");
  const many = Array.from({ length: MOST_CHECKS + 1 }, (_, index) => `  c${index}: { argv: [x] }`).join("\n");

  expect(checks.web).toMatchObject({ every: 60_000, timeout: 10_000, kill_grace: 2_000, outdated_on: [], cwd: "/" });
  expect(() => parseAgentFile(`ops: {}\nchecks:\n${many}`)).toThrow("at most 20 checks");
});

test.each([
  ["    every: 5s", "line 5: checks.web.every: expected a duration from 10s to 24h"],
  ["    every: 10s\n    timeout: 11s", "line 6: checks.web.timeout: the timeout is longer than every"],
  ["    outdated_on: [0]", "line 5: checks.web.outdated_on.0"],
  ["    shell: true", "line 5: checks.web: "],
  ["  agent-file:\n    argv: [x]", "line 6: checks.agent-file: the agent has a check of its own by this name"],
  ["  other:\n    argv: ['{host}']", "line 6: checks.other.argv: {host} is no argument of this op"],
])("a wrong check is told with its line: %s", (more, problem) => {
  expect(() => parseAgentFile(`ops: {}\nchecks:\n  web:\n    argv: [x]\n${more}\n`)).toThrow(problem);
});

test("patterns stay on the host", () => {
  const { ops } = parseAgentFile(
    "ops:\n  a:\n    argv: [x, --, '{name}']\n    args: { name: { type: text, maxLength: 9, pattern: '[a-z]+' } }\n",
  );

  expect(ops.a && offerOf("a", ops.a)).toEqual({
    name: "a",
    args: [{ name: "name", type: "text", maxLength: 9 }],
  });
});

const WRONG: readonly (readonly [what: string, text: string, message: string | RegExp])[] = [
  ["no YAML", "ops:\n  a: [x\n", /^line \d: /],
  ["a key twice", "ops:\n  a: { argv: [x] }\n  a: { argv: [y] }\n", /^line 3: /],
  ["an unknown setting", "ops:\n  a:\n    argv: [x]\n    shell: true\n", /^line 4: ops\.a: .*shell/],
  [
    "a duration without unit",
    "ops:\n  a:\n    argv: [x]\n    timeout: '30'\n",
    "line 4: ops.a.timeout: expected a duration such as 30s, 5m or 1h",
  ],
  [
    "a duration that no timer can wait",
    "ops:\n  a:\n    argv: [x]\n    timeout: 1000h\n",
    /^line 4: ops\.a\.timeout: .*at most 500h/,
  ],
  [
    "a size out of bounds",
    "ops:\n  a:\n    argv: [x]\n    output_cap: 2GiB\n",
    /^line 4: ops\.a\.output_cap: expected a size/,
  ],
  ["an empty argv", "ops:\n  a:\n    argv: []\n", /^line 3: ops\.a\.argv: /],
  [
    "a name that isn't declared",
    "ops:\n  a:\n    argv: [x, '{y}']\n",
    "line 3: ops.a.argv: {y} is no argument of this op",
  ],
  [
    "an argument that isn't used",
    "ops:\n  a:\n    argv: [x]\n    args: { y: { type: integer, min: 1, max: 2 } }\n",
    "line 3: ops.a.argv: the argument y is never used",
  ],
  [
    "a program from outside",
    "ops:\n  a:\n    argv: ['{y}']\n    args: { y: { type: choice, values: [b] } }\n",
    "line 3: ops.a.argv: the program itself can't come from an argument",
  ],
  [
    "a text without pattern",
    "ops:\n  a:\n    argv: [x, '{y}']\n    args:\n      y: { type: text, maxLength: 5 }\n",
    /^line 5: ops\.a\.args\.y\.pattern: /,
  ],
  [
    "a broken pattern",
    "ops:\n  a:\n    argv: [x, '{y}']\n    args:\n      y: { type: text, maxLength: 5, pattern: '(' }\n",
    /^line 5: ops\.a\.args\.y\.pattern: .*regular expression/i,
  ],
  [
    "a pattern that can't be matched in bounded time",
    "ops:\n  a:\n    argv: [x, '{y}']\n    args:\n      y: { type: text, maxLength: 5, pattern: '(?=a).*' }\n",
    /^line 5: ops\.a\.args\.y\.pattern: .*no lookaround/,
  ],
  [
    "a pattern that is too large",
    "ops:\n  a:\n    argv: [x, '{y}']\n    args:\n      y: { type: text, maxLength: 5, pattern: '((x?){30}){30}' }\n",
    /^line 5: ops\.a\.args\.y\.pattern: too large/,
  ],
  [
    "an argument that no value fits",
    "ops:\n  a:\n    argv: [x, '{y}']\n    args:\n      y: { type: integer, min: 5, max: 1 }\n",
    "line 5: ops.a.args.y: min 5 is above max 1",
  ],
  [
    "a default that is refused whenever it is taken",
    "ops:\n  a:\n    argv: [x, '{y}']\n    args:\n      y: { type: choice, values: [b], default: c }\n",
    /^line 5: ops\.a\.args\.y: its default: y is none of b/,
  ],
  [
    "an argument with the name of a place, which would never be filled in",
    "ops:\n  a:\n    argv: [x, '{node}']\n    args: { node: { type: integer, min: 1, max: 2 } }\n",
    /^line 3: ops\.a\.argv: \{node\} stands for a place/,
  ],
  [
    "a text that the system gives to no program",
    'ops:\n  a:\n    argv: [x, "a\\0b"]\n',
    /^line 3: ops\.a\.argv\.1: holds a character/,
  ],
  [
    "such a text in the environment",
    'ops:\n  a:\n    argv: [x]\n    env: { A: "\\0" }\n',
    /^line 4: ops\.a\.env\.A: holds a character/,
  ],
  [
    "a relative directory",
    "ops:\n  a:\n    argv: [x]\n    cwd: tmp\n",
    /^line 4: ops\.a\.cwd: expected an absolute path/,
  ],
];

test("[B48] a pattern has a bounded length and number of steps", () => {
  const file = (pattern: string) =>
    `ops:\n  a:\n    argv: [x, --, '{y}']\n    args: { y: { type: text, maxLength: 5, pattern: '${pattern}' } }\n`;

  expect(() => parseAgentFile(file("a{999}"))).not.toThrow();
  expect(() => parseAgentFile(file("(x?y?z?){900}"))).toThrow(/^line 4: .*too large/);
  expect(() => parseAgentFile(file("a".repeat(1_001)))).toThrow(/^line 4: /);
});

test.each(WRONG)("%s is refused with its line", (_, text, message) => {
  expect(() => parseAgentFile(text)).toThrow(YamlFileError);
  expect(() => parseAgentFile(text)).toThrow(message);
});
