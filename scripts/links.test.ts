import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..");
/** Links of the site are addresses, which `site.test.ts` and `site.proof.test.ts` check. */
const PAGES = globSync("{*.md,{docs,packages,apps,tests,bench,examples}/**/*.md}", {
  cwd: ROOT,
  exclude: (path) => /(^|[\\/])(node_modules|dist|site)$/.test(path),
});

test.each(PAGES)("every link of %s leads to a file or a heading that is there", (page) => {
  const targets = [...readFileSync(join(ROOT, page), "utf8").matchAll(/\]\(([^)\s]+)\)/g)].map(
    ([, target = ""]) => target,
  );

  expect(targets.filter((target) => !/^https?:/.test(target) && !leadsSomewhere(page, target))).toEqual([]);
});

function leadsSomewhere(page: string, target: string): boolean {
  const [path = "", heading] = target.split("#");
  const file = path === "" ? join(ROOT, page) : join(ROOT, dirname(page), path);
  if (!existsSync(file)) return false;
  return heading === undefined || headingsOf(readFileSync(file, "utf8")).includes(heading);
}

/** As forges name them in addresses. */
function headingsOf(page: string): string[] {
  const titles = [...page.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) => title.toLowerCase());
  return titles.map((title) => title.replaceAll(/[^\p{L}\p{N}\- ]/gu, "").replaceAll(" ", "-"));
}
