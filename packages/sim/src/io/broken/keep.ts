/** Keeps the failure of a broken build: arguments are the build's name, the seed that catches it, and the file's name. */
import { breakModules, buildNamed } from "./hook.ts";

const [build = "", seed = "", name = ""] = process.argv.slice(2);
breakModules(buildNamed(build));
const { keep } = await import("../keep.ts");
await keep(seed, name);
