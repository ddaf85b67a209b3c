/** SECURITY.md and the tests are held together here. */

import { checkTable, type TitleTable } from "./check/title-table.ts";

/** `node scripts/security-check.ts` checks it. With `--write` it brings the titles up to date. */
export const SECURITY: TitleTable = { path: "SECURITY.md", letter: "C", word: "security" };

if (import.meta.main) checkTable(SECURITY, process.cwd(), process.argv);
