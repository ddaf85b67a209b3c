import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeCopies } from "@neverstale/server/store/contract-suite";
import * as vitest from "vitest";
import { sqliteStore } from "../sqlite-store.ts";
import { sqliteCopy } from "./sqlite-copy.ts";

describeCopies(vitest, "sqlite", async () => {
  const directory = mkdtempSync(join(tmpdir(), "neverstale-copy-"));
  const path = join(directory, "data", "fleet.db");
  return {
    store: (retention = {}) => sqliteStore(path, { retention }),
    copyable: () => sqliteCopy(path),
    end: async () => rmSync(directory, { recursive: true }),
  };
});
