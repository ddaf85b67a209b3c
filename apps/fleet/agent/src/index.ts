export { type AgentFile, AgentFileError, parseAgentFile } from "./agent-file.ts";
export { EXIT_CODES, HELP, runAgent } from "./io/program.ts";
