/** A worker whose engine is broken, in the way that its argument names. */

import { breakModules, buildNamed } from "./hook.ts";

breakModules(buildNamed(process.argv[2] ?? ""));
await import("../worker.ts");
