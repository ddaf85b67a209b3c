/** `npm create neverstale` asks what it was not told, makes the app, and installs what it needs. */

import { spawnSync } from "node:child_process";
import { relative } from "node:path";
import { createInterface } from "node:readline/promises";
import { helpText, readArguments } from "../arguments.ts";
import { createApp, isFree, templateNames } from "./create-app.ts";

const templates = templateNames();
const read = readArguments(process.argv.slice(2), templates);
if ("misread" in read) {
  if (read.misread !== null) console.error(`create-neverstale: ${read.misread}\n`);
  console.log(helpText(templates));
  process.exit(read.misread === null ? 0 : 2);
}

const suggested = isFree(".") ? "." : "neverstale-app";
const folder = read.folder ?? (await ask("Where is the app to be?", suggested));
const [onlyOne = "", ...others] = templates;
const template =
  read.template ?? (others.length === 0 ? onlyOne : await ask(`Which one: ${templates.join(", ")}?`, onlyOne));
const created = templates.includes(template)
  ? createApp({ folder, template })
  : { failed: `there is no template "${template}"` };
if (created.failed !== null) {
  console.error(`create-neverstale: ${created.failed}`);
  process.exit(1);
}
const place = relative(process.cwd(), created.folder);
console.log(`made ${place === "" ? "the app here" : place}`);
const installs = read.install
  ? spawnSync(`${manager()} install`, { cwd: created.folder, stdio: "inherit", shell: true }).status
  : null;
if (read.install && installs !== 0) console.error("create-neverstale: the packages could not be installed");
const steps = [place === "" ? "" : `cd ${place}`, installs === 0 ? "" : `${manager()} install`, `${manager()} run dev`];
console.log(
  `\nNext:\n${steps
    .filter((step) => step !== "")
    .map((step) => `  ${step}`)
    .join("\n")}`,
);
process.exitCode = read.install && installs !== 0 ? 1 : 0;

/** Where nobody can answer, the suggestion counts. */
async function ask(question: string, suggestion: string): Promise<string> {
  if (!process.stdin.isTTY) return suggestion;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`${question} (${suggestion}) `);
  terminal.close();
  return answer.trim() === "" ? suggestion : answer.trim();
}

/** It is the one by which this was started, as it says itself. */
function manager(): string {
  const [name] = /^(npm|pnpm|yarn|bun)\b/.exec(process.env.npm_config_user_agent ?? "") ?? [];
  return name ?? "npm";
}
