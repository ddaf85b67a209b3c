#!/usr/bin/env node
import { runCli } from "./io/program.ts";

const status = await runCli(process.argv.slice(2), process.env);
if (status !== null) process.exitCode = status;
