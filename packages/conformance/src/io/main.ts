import { runProgram } from "./program.ts";

// Nothing that a scenario left open keeps the process.
process.exit(await runProgram(process.argv.slice(2), (text) => console.log(text)));
