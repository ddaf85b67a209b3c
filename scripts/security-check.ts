/**
 * Holds SECURITY.md and the tests together. Run it with `node scripts/security-check.ts`; `-- --write` brings the titles up to
 * date.
 */
import { checkTable, type TitleTable } from "./check/title-table.ts";

export const SECURITY: TitleTable = { path: "SECURITY.md", letter: "C", word: "security" };

if (import.meta.main) checkTable(SECURITY, process.cwd(), process.argv);
