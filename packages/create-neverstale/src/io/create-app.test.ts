import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createApp, templateNames } from "./create-app.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "neverstale-create-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

test.each(templateNames())("the template %s becomes an app in a folder that was not there", (template) => {
  const app = join(folder, "my-app");

  expect(createApp({ folder: app, template })).toEqual({ failed: null, folder: app });

  expect(readdirSync(app)).toEqual(expect.arrayContaining([".gitignore", "package.json", "src"]));
  expect(existsSync(join(app, "_gitignore"))).toBe(false);
  expect(JSON.parse(readFileSync(join(app, "package.json"), "utf8")).name).toBe("my-app");
});

test("a folder with a history and nothing else is free, and one with a file is not touched", () => {
  const [free, used] = [join(folder, "free"), join(folder, "used")];
  mkdirSync(join(free, ".git"), { recursive: true });
  mkdirSync(used);
  writeFileSync(join(used, "notes.txt"), "mine");

  expect(createApp({ folder: free, template: "react" }).failed).toBeNull();
  expect(createApp({ folder: used, template: "react" }).failed).toContain("is not empty");

  expect(readdirSync(used)).toEqual(["notes.txt"]);
});

test.each(templateNames())("the template %s differs from the others only in its page", (template) => {
  const text = (of: string, path: string) => readFileSync(join(TEMPLATES, of, path), "utf8");
  const [first = ""] = templateNames();

  const shared = globSync(["_gitignore", "src/{server,shared}/*", "src/page/style.css"], {
    cwd: join(TEMPLATES, template),
  });

  expect(shared.length).toBeGreaterThan(6);
  for (const path of shared) expect(text(template, path), path).toBe(text(first, path));
});

const TEMPLATES = join(import.meta.dirname, "../../templates");
