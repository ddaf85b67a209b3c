import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "./run.ts";

const SITE = join(ROOT, "docs/site");
const pages = globSync("**/*.md", { cwd: SITE }).sort();
const textOf = (page: string) => readFileSync(join(SITE, page), "utf8");

// `npm run proofs` builds the site, follows its links and looks at its requests in a browser.

test.each(pages)("every link of %s leads to a page or a file that is there", (page) => {
  const targets = [...textOf(page).matchAll(/\]\(([^)\s#]+)[^)]*\)/g)].map(([, target = ""]) => target);

  expect(targets.filter((target) => !/^https?:/.test(target) && !leadsSomewhere(page, target))).toEqual([]);
});

function leadsSomewhere(page: string, target: string): boolean {
  const path = target.startsWith("/") ? join(SITE, target) : join(SITE, dirname(page), target);
  return [path, `${path}.md`, join(path, "index.md"), join(SITE, "public", target)].some(
    (file) => existsSync(file) && statSync(file).isFile(),
  );
}

test("every block of code is part of a file, or a command for a terminal", () => {
  const own = pages.flatMap((page) =>
    [...textOf(page).matchAll(/^```(\S*)$/gm)]
      .filter((_, index) => index % 2 === 0)
      .filter(([, language]) => language !== "sh")
      .map(([fence]) => `${page}: ${fence}`),
  );

  expect(own).toEqual([]);
});

const blocks = pages.flatMap((page) =>
  [...textOf(page).matchAll(/^<<< @(\S+?)(?:#(\w+))?(?:\{\w+\})?$/gm)].map(([, path = "", region]) => ({
    page,
    file: join(SITE, path),
    region,
  })),
);

test("a block that is part of a file finds the file and the region", () => {
  const missing = blocks.filter(({ file, region }) => {
    if (!existsSync(file)) return true;
    return region !== undefined && !readFileSync(file, "utf8").includes(`// #region ${region}\n`);
  });

  expect(blocks.length).toBeGreaterThan(20);
  expect(missing).toEqual([]);
});

test("each of these files is run by a test", () => {
  const tests = globSync(["{examples,tests}/**/*.test.{ts,tsx}"], { cwd: ROOT }).map((path) => join(ROOT, path));
  const files = [...new Set(blocks.map(({ file }) => file))];
  const isRun = (file: string) =>
    tests.includes(file) ||
    tests.some((path) => readFileSync(path, "utf8").includes(basename(file))) ||
    isImported(file);
  const isImported = (file: string) =>
    files.some(
      (other) => dirname(other) === dirname(file) && readFileSync(other, "utf8").includes(`./${basename(file)}`),
    );

  expect(files.filter((file) => !isRun(file))).toEqual([]);
});

test.each([
  "What does `authorize` get",
  "What is `info.csrf`",
  "What is `bodyHash` for",
  "What does `ephemeral` mean",
  "Should each room be a space",
  "Who removes a space",
  "What do 10,000 spaces cost",
  "Does `migrate` run at each start",
  "What must my endpoint answer for `reached`",
])("the questions that users ask have an answer: %s", (question) => {
  const answers = textOf("faq.md").split(/^## /m);

  expect(answers.find((answer) => answer.startsWith(question))?.split("\n\n").length).toBeGreaterThan(1);
});

/** People who build on the engine ask these, and find each answered in the FAQ, with a guide that shows it in code. */
const QUESTIONS: readonly (readonly [question: string, guide: string])[] = [
  ["What does `authorize` get, and what must it return?", "recipes/auth"],
  ["What is `info.csrf`?", "recipes/auth"],
  ["What is `bodyHash` for?", "guides/own-routes"],
  ["What does `ephemeral` mean?", "guides/model"],
  ["Should each room be a space?", "guides/rooms"],
  ["Who removes a space?", "guides/rooms"],
  ["What do 10,000 spaces cost?", "guides/rooms"],
  ["Does `migrate` run at each start?", "guides/upgrades"],
  ["What must my endpoint answer for `reached`?", "guides/own-routes"],
];

test.each(QUESTIONS)(
  "%s is answered in the FAQ, which leads to %s, whose code is that of a file that runs",
  (question, guide) => {
    const [, answer = ""] = textOf("faq.md").split(`## ${question}\n`);

    expect(answer.split("\n## ")[0]).toContain(`](/${guide}`);
    expect(textOf(`${guide}.md`)).toMatch(/^<<< @\/..\/..\/examples\//m);
  },
);
