/** The bounds of docs/OPERATIONS.md have numbers, and each has a test that meets it. */

import { checkTable, type TitleTable } from "./check/title-table.ts";

/** `node scripts/bounds-check.ts` checks them. With `--write` it brings the titles up to date. */
export const BOUNDS: TitleTable = { path: "docs/OPERATIONS.md", letter: "B", word: "bounds" };

if (import.meta.main) checkTable(BOUNDS, process.cwd(), process.argv);
