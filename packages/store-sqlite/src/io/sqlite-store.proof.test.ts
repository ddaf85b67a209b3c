import { describeSqliteStore } from "./sqlite-store-suite.ts";

for (const writer of ["inline", "worker"] as const) describeSqliteStore(writer);
