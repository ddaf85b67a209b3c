/** `npm run site` builds the documentation site into `.cache/site`. `npm run site -- dev` shows it while it is written. */

import { runScript } from "./run.ts";

const [command = "build"] = process.argv.slice(2);
if (command !== "build" && command !== "dev") throw new Error(`"${command}" is neither build nor dev`);
process.exitCode = await runScript("node_modules/vitepress/bin/vitepress.js", [command, "docs/site"]);
