/** The queries for exports. */

import { z } from "zod";
import { TimeQuery } from "../api.ts";
import { Id, Line } from "../text.ts";

export const ExportFormat = z
  .enum(["csv", "json"])
  .default("csv")
  .describe("csv: a line for each, with the names of the columns in the first. json: an array.");
export type ExportFormat = z.output<typeof ExportFormat>;

/** `GET /api/hosts/export` answers with the hosts as they are now. */
export const HostExportQuery = z.strictObject({ format: ExportFormat, tag: Line.optional() });

/** `GET /api/audit/export` answers with who did what, the oldest first, as far back as it is kept. */
export const AuditExportQuery = z.strictObject({
  format: ExportFormat,
  ...TimeQuery,
  actor: Line.optional(),
  action: Line.optional(),
  host: Id.optional(),
});
