/**
 * Holds the bounds of docs/OPERATIONS.md and the tests together: each row of its table has a number, and a test that meets the
 * bound. Run it with `node scripts/bounds-check.ts`; `-- --write` brings the titles up to date.
 */
import { checkTable, type TitleTable } from "./check/title-table.ts";

export const BOUNDS: TitleTable = { path: "docs/OPERATIONS.md", letter: "B", word: "bounds" };

if (import.meta.main) checkTable(BOUNDS, process.cwd(), process.argv);
