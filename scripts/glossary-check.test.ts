import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { writeTree } from "./file-tree-suite.ts";
import { wordProblems } from "./glossary-check.ts";
import { GLOSSARY_PATH } from "./words/exported-names.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "words-"));
  write({ [GLOSSARY_PATH]: glossaryOf() });
});

afterEach(() => rmSync(root, { recursive: true }));

const write = (files: Readonly<Record<string, string>>) => writeTree(root, files);

function glossaryOf(...rows: readonly string[]): string {
  const words = "# Glossary\n\n| word | meaning |\n|---|---|\n| step | `step` is a word. |\n";
  return `${words}\n| name | its one meaning |\n|---|---|\n${rows.join("\n")}\n\nThe end.\n`;
}

/** The problems of names alone: the files of these tests have no comments. */
function namesIn(): string[] {
  return wordProblems(root, ["apps/fleet/b", "bench", "packages/a", "scripts"]);
}

describe("an exported name", () => {
  test.each([
    ["export class Step {}"],
    ["export abstract class Step {}"],
    ["export interface Step {}"],
    ["export type Step<State> = State;"],
    ["export async function Step() {}"],
    ["export function* Step() {}"],
    ["export const Step = 1;"],
    ["export enum Step {}"],
    ["export const enum Step {}"],
    ["export default class Step {}"],
  ])("stands in one file: %s", (declaration) => {
    write({ "packages/a/src/a.ts": declaration, "apps/fleet/b/src/deep/b.tsx": "\nexport type Step = 1;\n" });

    expect(namesIn()).toEqual([
      "Step is exported from 2 files: apps/fleet/b/src/deep/b.tsx, packages/a/src/a.ts. Give it a more exact name in all but one, or define it once",
    ]);
  });

  test("may stand in many tests, suites and entries, and in other folders", () => {
    const text = "export type Step = 1;";
    write({ "scripts/a.ts": text, "scripts/a.test.ts": text, "scripts/a-suite.ts": text, "bench/index.ts": text });
    write({ "tests/a.ts": text, "bench/peers/node_modules/a.ts": text, "packages/a/dist/a.d.ts": text });

    expect(namesIn()).toEqual([]);
  });

  test("is not exported where it is handed on, used, or spoken of", () => {
    write({
      "scripts/a.ts": "export type Step = 1;\n",
      "scripts/b.ts": `export { Step } from "./a.ts";\n// export type Step\ntype Step = 3;\nconst text = \`\nexport type Step = 4;\`;\n`,
    });

    expect(namesIn()).toEqual([]);
  });

  test("stands in several files when the glossary gives it one meaning", () => {
    write({ "bench/a.ts": "export type Step = 1;", "bench/b.ts": "export type Step = 1;" });
    write({ [GLOSSARY_PATH]: glossaryOf("| `Step` | What one contender does. |") });

    expect(namesIn()).toEqual([]);
  });

  test("stands once in each binding, since the same hook has the same name in every framework", () => {
    const text = "/** It is a hook. */\n\nexport function useStep() {}\n";
    write({ "packages/react/src/a.ts": text, "packages/vue/src/a.ts": text, "packages/solid/src/b.ts": text });

    expect(namesIn()).toEqual([]);
  });

  test.each([
    ["twice in one binding", "packages/vue/src/b.ts"],
    ["in a binding and elsewhere", "packages/a/src/a.ts"],
  ])("does not stand %s", (_, path) => {
    const text = "/** It is a hook. */\n\nexport function useStep() {}\n";
    write({ "packages/react/src/a.ts": text, "packages/vue/src/a.ts": text, [path]: text });

    expect(namesIn()).toHaveLength(1);
  });

  test("does not stand in the glossary without a meaning, or without need", () => {
    write({ "bench/a.ts": "export type Step = 1;\nexport type Other = 1;", "bench/b.ts": "export type Step = 1;" });
    write({
      [GLOSSARY_PATH]: glossaryOf(
        "| `Step` |  |",
        "| `Other` | Another. |",
        "| `Gone` | It is gone. |",
        "| No name | . |",
      ),
    });

    expect(namesIn()).toEqual([
      "docs/GLOSSARY.md does not say what Step means, in a sentence",
      "docs/GLOSSARY.md lists Other, which is exported from 1 files",
      "docs/GLOSSARY.md lists Gone, which is exported from 0 files",
      'docs/GLOSSARY.md has a row that is not "| `name` | its one meaning |"',
    ]);
  });
});

describe("a source file of an area that is held", () => {
  function problemsOf(text: string, path = "packages/a/src/a.ts"): string[] {
    write({ [path]: text });
    return wordProblems(root, ["packages/b"]);
  }

  test.each([
    ['/** It owns this. */\n\nimport a from "a";\n'],
    ["/** It owns `a.b`, and that. */\n"],
    ["/** It owns this. It says\n * more. */\n\nexport {};\n"],
    ["/** It owns this and\n * that.\n */\n\nexport {};\n"],
  ])("opens with a sentence: %j", (text) => {
    expect(problemsOf(text)).toEqual([]);
  });

  test.each([
    ['import a from "a";\n', "does not open with a sentence in `/** … */`"],
    ["", "does not open with a sentence in `/** … */`"],
    ["\n/** It owns this. */\n", "does not open with a sentence in `/** … */`"],
    ["/* It owns this. */\n", "does not open with a sentence in `/** … */`"],
    ["/**\n * It owns this. */\n", "does not open with a sentence in `/** … */`"],
    ["// It owns this.\n", "does not open with a sentence in `/** … */`"],
    ["/** owns `a.b`, and that */\n", "opens with something that is no sentence: it has no full stop"],
    ["/** It owns this. */\nexport class It {}\n", "has no empty line below the sentence that it opens with"],
  ])("is refused otherwise: %j", (text, what) => {
    expect(problemsOf(text)).toEqual([`packages/a/src/a.ts:1 ${what}`]);
  });

  test.each(["Of", "For", "The same", "What", "Whether", "Since", "How"])(
    "has no comment that begins with %s",
    (word) => {
      const body = `\n  /** ${word} it is. */\n  a = 1;\n  /**\n   * ${word} it\n   * is.\n   */\n  b = 2;\n`;

      expect(problemsOf(`/** It owns this. */\n\nclass It {${body}}\n`)).toEqual([
        `packages/a/src/a.ts:4 has a doc comment that begins with "${word}": ${word} it is.`,
        `packages/a/src/a.ts:6 has a doc comment that begins with "${word}": ${word} it is.`,
      ]);
    },
  );

  test("hides none of them behind a pattern of paths", () => {
    const text = "/** It owns this. */\n\nconst A = \"src/**/*.ts\";\n/** What it is. */\nconst b = 'x';\n";

    expect(problemsOf(text)).toEqual(['packages/a/src/a.ts:4 has a doc comment that begins with "What": What it is.']);
  });

  test("may use these words elsewhere", () => {
    const text =
      "/** Offers of all. For each, the same. */\n\n// What is it?\n/** Forms it. */\nconst a = '/* Of it */';\n";

    expect(problemsOf(text)).toEqual([]);
  });

  test("is one that ships: no test, no entry, and none of another area", () => {
    expect(problemsOf("", "packages/a/src/a.test.ts")).toEqual([]);
    expect(problemsOf("", "packages/a/src/index.ts")).toEqual([]);
    expect(problemsOf("", "packages/b/src/b.ts")).toEqual([]);
  });
});
