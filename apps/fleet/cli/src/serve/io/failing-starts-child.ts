/** Starts that have to fail are tried here one after the other, since a process of its own for each would take much longer than its start. */

import { json } from "node:stream/consumers";
import { runCli } from "../../io/program.ts";
import type { StartCase, StartEnd } from "../failing-starts-suite.ts";

// The cases are JSON on standard input. For each a line of JSON comes out, with its status and what was on standard error.
for (const { flags, variables } of (await json(process.stdin)) as readonly StartCase[]) {
  Object.assign(process.env, variables);
  console.log(JSON.stringify(await endOf(flags)));
  for (const name of Object.keys(variables)) delete process.env[name];
}
process.exit(0);

async function endOf(flags: readonly string[]): Promise<StartEnd> {
  const write = process.stderr.write;
  let err = "";
  process.stderr.write = (text: string | Uint8Array) => {
    err += text.toString();
    return true;
  };
  try {
    return { status: await runCli(["serve", ...flags], process.env), err };
  } finally {
    process.stderr.write = write;
  }
}
