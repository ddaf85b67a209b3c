/** The table of broken builds in docs/RELIABILITY.md is brought up to date by `node --conditions=source <this file>`. */

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { BrokenBuild } from "./broken-build.ts";
import { BROKEN_BUILDS } from "./builds.ts";

/** It returns the page with its table as the list of builds has it. */
export function withTable(page: string): string {
  return page.replace(TABLE, () => HEAD + BROKEN_BUILDS.map(rowOf).join(""));
}

export const PAGE = fileURLToPath(new URL("../../../../../docs/RELIABILITY.md", import.meta.url));

const HEAD = "| broken build | the mistake | caught under | by |\n|---|---|---|---|\n";
const TABLE = /\| broken build \|.*\n(\|.*\n)*/;

function rowOf({ name, item, note, rule, by }: BrokenBuild): string {
  const caughtBy = caughtByOf(by);
  return `| ${name}${note === undefined ? "" : `; ${note}`} | ${item ?? ""} | ${rule} | ${caughtBy} |\n`;
}

function caughtByOf(by: BrokenBuild["by"]): string {
  if ("seed" in by) return `seed ${by.seed}`;
  if ("queues" in by) return `seed ${by.queues} of \`--queues\``;
  if ("views" in by) return `seed ${by.views} of \`--views\``;
  return "pages" in by ? `seed ${by.pages} of \`--pages\`` : `\`regressions/${by.regression}\``;
}

if (import.meta.main) writeFileSync(PAGE, withTable(readFileSync(PAGE, "utf8")));
