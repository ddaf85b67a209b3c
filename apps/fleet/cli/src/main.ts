#!/usr/bin/env node
/** This is the command line as a program. */

import { runProcess } from "./io/program.ts";

await runProcess();
