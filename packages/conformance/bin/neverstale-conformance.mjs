#!/usr/bin/env node
// Plain old JavaScript: it must run, and say what to do, under whatever Node.js there is.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, "../src/io/main.ts");
const isSource = existsSync(source);
const program = isSource ? source : join(here, "../dist/io/main.js");
const NEEDED = [22, 18];

const node = isNewEnough(process.versions.node) ? process.execPath : bundledNode(here);
if (node === null) {
  console.error(`neverstale-conformance needs Node.js ${NEEDED.join(".")} or newer; this is ${process.version}.`);
  process.exit(2);
}
const options = isSource ? ["--conditions=source"] : [];
const child = spawn(node, [...options, program, ...process.argv.slice(2)], { stdio: "inherit" });
const signals = ["SIGTERM", "SIGINT", "SIGHUP"];
for (const signal of signals) process.on(signal, () => child.kill(signal));
child.on("error", (error) => {
  console.error(`neverstale-conformance: ${node} can't be started: ${error.message}`);
  process.exit(2);
});
child.on("exit", (status) => process.exit(status ?? 2));

function isNewEnough(version) {
  const [major, minor] = version.split(".").map(Number);
  return major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1]);
}

/** The Node.js that npm installed beside this package, or further up; null without. */
function bundledNode(from) {
  for (let directory = from; ; directory = dirname(directory)) {
    const candidate = join(directory, "node_modules/.bin/node");
    if (existsSync(candidate)) return candidate;
    if (dirname(directory) === directory) return null;
  }
}
