export { EXIT_CODES, runAgent } from "./io/program.ts";
export { HELP } from "./io/settings.ts";
export { type AgentFile, parseAgentFile } from "./policy/agent-file.ts";
export { readTrusted } from "./policy/io/file-trust.ts";
