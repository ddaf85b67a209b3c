#!/usr/bin/env node
import { runCli } from "./io/program.ts";

const status = await runCli(process.argv.slice(2), process.env);
if (status !== null) process.exitCode = status;
// Whatever is still open: who waits for the status of a command that failed must not wait for ever.
if (status !== null && status !== 0) setTimeout(() => process.exit(status), 500).unref();
