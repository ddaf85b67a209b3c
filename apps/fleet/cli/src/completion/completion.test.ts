import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { commandLine } from "../io/program.ts";
import { completionScript, SHELLS, type Shell } from "./scripts.ts";
import { completionTable } from "./table.ts";

const table = completionTable(commandLine({ status: null }));
/** These are what somebody has typed, up to the word that is being completed. */
const TYPED = [
  ["ru"],
  ["users", "inv"],
  ["runs", "--status", "f"],
  ["runs", "--status", "failed", "--op"],
  ["serve", "--data-dir", "somewhere", "--beacon"],
  ["nothing", "--"],
];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "neverstale-completion-"));
  for (const shell of SHELLS) writeFileSync(join(folder, shell), completionScript(shell, table));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a script in a shell that reads no settings of anybody. Null: the machine has no such shell. */
function run(shell: Shell, script: string): string[] | null {
  const flags = { bash: ["--norc", "--noprofile", "-c"], zsh: ["-f", "-c"], fish: ["--no-config", "-c"] }[shell];
  const { error, status, stdout, stderr } = spawnSync(shell, [...flags, script], { cwd: folder, encoding: "utf8" });
  if (error !== undefined && "code" in error && error.code === "ENOENT") return null;
  expect([status, stderr]).toEqual([0, ""]);
  return stdout.split("\n").filter((line) => line !== "");
}

function bash(typed: readonly (readonly string[])[]): string[] {
  const ask = `t() { COMP_WORDS=(neverstale "$@"); COMP_CWORD=$#; _neverstale; echo "\${COMPREPLY[*]}|"; }`;
  const calls = typed.map((words) => `t ${words.map((word) => `'${word}'`).join(" ")}`);
  return run("bash", ["source ./bash", ask, ...calls].join("\n")) ?? [];
}

test("a real bash completes commands, their own commands, flags and what a flag may be", () => {
  const offered = bash(TYPED).map((line) => line.replace(/\|$/, "").split(" "));

  expect(offered).toEqual([
    ["run", "runs"],
    ["invite"],
    ["failed"],
    ["--op"],
    ["--beacon-interval"],
    expect.arrayContaining(["--help", "--version"]),
  ]);
});

test("at every place of the table bash offers all that is there, and nothing else", () => {
  const typed = table.map(({ place }) => [...place.split(" ").filter((word) => word !== ""), ""]);

  const offered = bash(typed).map((line) => line.replace(/\|$/, "").split(" ").toSorted());

  const there = table.map(({ commands, options }) =>
    [...commands, ...options].flatMap(({ names }) => names).toSorted(),
  );
  expect(table.length).toBeGreaterThan(40);
  expect(offered).toEqual(there);
});

test("zsh and fish, where the machine has them, offer the same", () => {
  const stubs = `compdef() { : }; _files() { : }; compadd() { shift; print -l -- "$@" }
_describe() { print -l -- "\${(@)\${(P)2}%%:*}" }`;
  const inZsh = (words: readonly string[]) =>
    run("zsh", `${stubs}\nsource ./zsh\nwords=(neverstale ${words.join(" ")}); CURRENT=$#words; _neverstale`);
  const inFish = (words: readonly string[]) =>
    run("fish", `source ./fish; complete -C "neverstale ${words.join(" ")}"`);
  const startingWith = (words: readonly string[], found: readonly string[] | null) =>
    found?.map((line) => line.split("\t")[0] ?? "").filter((word) => word.startsWith(words.at(-1) ?? ""));

  for (const [words, wanted] of [
    [["ru"], ["run", "runs"]],
    [["users", "inv"], ["invite"]],
    [["runs", "--status", "f"], ["failed"]],
    [["serve", "--data-dir", "somewhere", "--beacon"], ["--beacon-interval"]],
  ] as const)
    for (const found of [inZsh(words), inFish(words)]) expect(startingWith(words, found) ?? wanted).toEqual(wanted);
});

test("a flag that takes a file or a directory is completed as one, and each flag is in every script", () => {
  const serve = table.find(({ place }) => place === "serve")?.options ?? [];
  const valueBehind = (name: string) => serve.find(({ names }) => names.includes(name))?.value;

  expect([
    valueBehind("--data-dir"),
    valueBehind("--fleet-file"),
    valueBehind("--port"),
    valueBehind("--no-local-agent"),
  ]).toEqual([...["directory", "file", "text", "nothing"]]);
  for (const shell of SHELLS)
    for (const { options } of table)
      for (const { names } of options)
        expect(completionScript(shell, table)).toContain(names.at(-1)?.replace(/^--/, ""));
});
