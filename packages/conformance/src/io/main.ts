/** The program starts here. */

import { runProgram } from "./program.ts";

// The process ends here, whatever a scenario has left open.
process.exit(await runProgram(process.argv.slice(2), (text) => console.log(text)));
