#!/usr/bin/env node
// Plain old JavaScript: it must run, and say what to do, under whatever Node.js there is.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, "../src/main.ts");
const isSource = existsSync(source);
const program = isSource ? source : join(here, "../dist/main.js");
const NEEDED = [22, 18];

const version = process.versions.node.split(".").map(Number);
const isNewEnough = version[0] > NEEDED[0] || (version[0] === NEEDED[0] && version[1] >= NEEDED[1]);
const node = isNewEnough ? process.execPath : bundledNode(here);

if (node === null) {
  console.error(`neverstale needs Node.js ${NEEDED.join(".")} or newer; this is ${process.version}.`);
  console.error("Install a newer one, or run npm install where neverstale is installed: it brings its own.");
  process.exit(2);
}

if (isNewEnough && !isSource) {
  await import(program);
} else {
  const options = isSource ? ["--conditions=source"] : [];
  runUnder(node, [...options, program, ...process.argv.slice(2)]);
}

/** Ends as the other process ends; what this one is told by a signal is passed on to it. */
function runUnder(executable, args) {
  // The other one ends with this one, however this one ends.
  const env = { ...process.env, NEVERSTALE_LAUNCHER: String(process.pid) };
  const child = spawn(executable, args, { stdio: "inherit", env });
  const pass = (signal) => child.kill(signal);
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, pass);
  child.on("error", (error) => {
    console.error(`neverstale: ${executable} can't be started: ${error.message}`);
    process.exit(1);
  });
  child.on("exit", (status, signal) => {
    for (const passed of ["SIGTERM", "SIGINT", "SIGHUP"]) process.off(passed, pass);
    if (signal !== null) process.kill(process.pid, signal);
    else process.exit(status);
  });
}

/** The Node.js that npm installed beside this package, or further up; null without. */
function bundledNode(from) {
  for (let directory = from; ; directory = dirname(directory)) {
    const candidate = join(directory, "node_modules/.bin/node");
    if (existsSync(candidate)) return candidate;
    if (dirname(directory) === directory) return null;
  }
}
