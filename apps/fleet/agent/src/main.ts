#!/usr/bin/env node
/** This is the agent as a program of its own. */

import { runAgent } from "./io/program.ts";

await runAgent();
