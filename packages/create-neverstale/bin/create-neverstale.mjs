#!/usr/bin/env node
// Plain old JavaScript: it must run, and say what to do, under whatever Node.js there is.
import { existsSync } from "node:fs";

const NEEDED = [22, 18];
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < NEEDED[0] || (major === NEEDED[0] && minor < NEEDED[1])) {
  console.error(`create-neverstale needs Node.js ${NEEDED.join(".")} or newer; this is ${process.version}.`);
  process.exit(2);
}
const source = new URL("../src/io/main.ts", import.meta.url);
await import(existsSync(source) ? source.href : new URL("../dist/io/main.js", import.meta.url).href);
