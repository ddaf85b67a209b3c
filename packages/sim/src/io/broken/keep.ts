/** The failure of a broken build is kept here: the arguments are those of `keep`, with the build's name, as JSON. */

import type { KeepOptions } from "../keep.ts";
import { breakModules, buildNamed } from "./hook.ts";

const options = JSON.parse(process.argv[2] ?? "") as KeepOptions;
breakModules(buildNamed(options.build ?? ""));
const { keep } = await import("../keep.ts");
await keep(options);
