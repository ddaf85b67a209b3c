#!/usr/bin/env node
import { runAgent } from "./io/program.ts";

await runAgent(process.argv.slice(2), process.env);
