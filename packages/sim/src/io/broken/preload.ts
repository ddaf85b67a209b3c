/** With `--import` it breaks the engine of a process in the way that the environment names. */

import { breakModules, buildNamed } from "./hook.ts";

breakModules(buildNamed(process.env.NEVERSTALE_BROKEN_BUILD ?? ""));
