export { runCli } from "./io/program.ts";
