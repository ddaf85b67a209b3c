import { describeSqliteStore } from "./sqlite-store-suite.ts";

// `npm run proofs` runs it with a writer that is always in a thread, or never.
describeSqliteStore("auto");
