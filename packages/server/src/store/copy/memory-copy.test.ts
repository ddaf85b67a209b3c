import * as vitest from "vitest";
import { MemoryStore } from "../memory.ts";
import { MemoryDatabase } from "../memory-database.ts";
import { describeCopies } from "./copies-suite.ts";
import { memoryCopy } from "./memory-copy.ts";

describeCopies(vitest, "memory", async () => {
  let database: MemoryDatabase | null = null;
  return {
    store: (retention = {}) => {
      database ??= new MemoryDatabase({ retention });
      return new MemoryStore({ database });
    },
    copyable: () => {
      database ??= new MemoryDatabase({});
      return memoryCopy(database);
    },
    end: async () => {},
  };
});
