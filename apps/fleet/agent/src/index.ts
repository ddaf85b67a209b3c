export { EXIT_CODES, HELP, runAgent } from "./io/program.ts";
export { type AgentFile, AgentFileError, parseAgentFile } from "./policy/agent-file.ts";
