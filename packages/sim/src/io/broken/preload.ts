/** For `--import`: a process whose engine is broken, in the way that the environment names. */
import { breakModules, buildNamed } from "./hook.ts";

breakModules(buildNamed(process.env.NEVERSTALE_BROKEN_BUILD ?? ""));
