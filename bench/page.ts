/** This program measures what the dashboard costs a browser: 10,000 hosts, of which 2,000 change each second. */

/**
 * The Chromium is a real headless one, with a core of its own. It prints Markdown, and keeps the numbers as JSON:
 * `node --conditions=source bench/page.ts [--hosts 10000] [--rate 2000] [--seconds 30] [--runs 5] [--path "/hosts?sort=-cpu" ...]`
 * With `--save` they are kept in bench/results/, and with `--write` the table of docs/PERFORMANCE.md is renewed.
 */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { cookieEnvironment, FleetSession } from "@neverstale/fleet-client";
import { WebSocket } from "ws";
import { buildWebPage } from "../apps/fleet/cli/src/serve/io/web-page.ts";
import { startChild } from "./harness/processes/child.ts";
import { commit, machine } from "./harness/results/machine.ts";
import { median } from "./harness/results/run.ts";
import type { BusyFleet } from "./page/busy-fleet.ts";
import { launchOnCore, measurePage, type PageRun } from "./page/measured-page.ts";

const { values } = parseArgs({
  options: {
    hosts: { type: "string", default: "10000" },
    rate: { type: "string", default: "2000" },
    seconds: { type: "string", default: "30" },
    settle: { type: "string", default: "5" },
    runs: { type: "string", default: "5" },
    path: { type: "string", multiple: true, default: ["/hosts"] },
    profile: { type: "string" },
    save: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});
const [hosts, perSecond, seconds, settleSeconds, runs] = [
  values.hosts,
  values.rate,
  values.seconds,
  values.settle,
  values.runs,
].map(wholeNumber) as [number, number, number, number, number];

interface MeasuredRun extends PageRun {
  /** The server has made so many changes a second meanwhile. */
  readonly rate: number;
}

const KEPT_UP = 0.95;
const SIGN_INS = 5;
const SERVER_CORE = 0;
const BROWSER_CORE = 1;

await buildWebPage((line) => console.error(line));
const server = startChild<BusyFleet>({
  name: "the busy fleet",
  module: "../page/busy-fleet.ts",
  core: SERVER_CORE,
  engine: true,
});
const results: { readonly path: string; readonly runs: readonly MeasuredRun[] }[] = [];
try {
  const address = await server.call.start({ hosts });
  const cookie = await signedIn(address);
  await server.call.load({ perSecond });
  for (const path of values.path) results.push({ path, runs: await measured(address, path, cookie) });
  await server.call.end();
} finally {
  await server.stop();
}
console.log(table());
if (values.write) writeTable();
console.log(`\nKept in ${keep()}`);

async function measured(address: string, path: string, cookie: string): Promise<MeasuredRun[]> {
  const made: MeasuredRun[] = [];
  for (let run = 1; run <= runs; run += 1) {
    const browser = await launchOnCore(BROWSER_CORE);
    try {
      const [before, began] = [await server.call.progress(), performance.now()];
      const profile = values.profile ?? null;
      const one = await measurePage(browser, { address, path, cookie, seconds, settleSeconds, profile });
      const after = await server.call.progress();
      const rate = Math.round((after.version - before.version) / ((performance.now() - began) / 1_000));
      console.error(`${path} run ${run}: ${JSON.stringify({ rate, ...one })}`);
      made.push({ ...one, rate });
    } finally {
      await browser.close();
    }
  }
  return made;
}

/** A run in which the server could not keep up says nothing, and so does one that had to share its processor. */
function isVoid({ rate }: MeasuredRun): boolean {
  return rate < perSecond * KEPT_UP;
}

async function signedIn(address: string): Promise<string> {
  const environment = cookieEnvironment({ origin: address, WebSocket });
  const session = new FleetSession({ server: address, io: environment.io });
  const login = { username: "admin", password: "correct horse battery staple" };
  // The server looks through all new hosts first, which may take longer than a request waits.
  for (let left = SIGN_INS; ; left -= 1) {
    try {
      await session.signIn(login);
      return environment.headers.cookie ?? "";
    } catch (error) {
      if (left === 1) throw error;
    }
  }
}

function table(): string {
  const head = `${hosts} hosts, ${perSecond} updates/s, ${seconds} s, medians of ${runs} (lowest to highest)`;
  const rows = results.map(({ path, runs: all }) => {
    const of = (pick: (run: MeasuredRun) => number, digits = 0) => spread(all.map(pick), digits);
    const note = all.some(isVoid) ? " (void: the server did not keep up)" : "";
    return `| \`${path}\`${note} | ${[
      of((run) => run.tasksOver50),
      of((run) => run.tasksOver100),
      of((run) => run.worstMs),
      of((run) => run.busy * 100),
      of((run) => run.cpu * 100),
      of((run) => run.scriptShare * 100),
      of((run) => run.heapStartMb, 1),
      of((run) => run.heapEndMb, 1),
      of((run) => run.firstLoad.ms),
      of((run) => run.firstLoad.fileBytes / 1_000),
      of((run) => run.firstLoad.stateBytes / 1_000),
    ].join(" | ")} |`;
  });
  return [
    head,
    "",
    "| screen | tasks over 50 ms | over 100 ms | worst ms | busy % | processor % | script % | heap MB at the start | at the end | usable after ms | files kB | state kB |",
    "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ...rows,
  ].join("\n");
}

/** The table in the document gives way to this one. */
function writeTable(): void {
  const path = fileURLToPath(new URL("../docs/PERFORMANCE.md", import.meta.url));
  const before = readFileSync(path, "utf8");
  const [begin, end] = [before.indexOf(TABLE_BEGINS), before.indexOf(TABLE_ENDS)];
  if (begin < 0 || end < begin) throw new Error(`${path} has no place for the table`);
  writeFileSync(path, `${before.slice(0, begin + TABLE_BEGINS.length)}\n${table()}\n${before.slice(end)}`);
}

const TABLE_BEGINS = "<!-- the page, by bench/page.ts -->";
const TABLE_ENDS = "<!-- the page ends -->";

function spread(all: readonly number[], digits: number): string {
  const [low, middle, high] = [Math.min(...all), median(all), Math.max(...all)].map((value) => value.toFixed(digits));
  return low === high ? `${middle}` : `${middle} (${low} to ${high})`;
}

function keep(): string {
  const folder = fileURLToPath(new URL(values.save ? "results/" : "results/local/", import.meta.url));
  mkdirSync(folder, { recursive: true });
  const at = new Date().toISOString();
  const path = `${folder}${at.slice(0, 19).replaceAll(":", "")}-page.json`;
  const kept = {
    at,
    commit: commit(),
    machine: machine(),
    hosts,
    perSecond,
    seconds,
    painting: "software (--disable-gpu)",
    results,
  };
  writeFileSync(path, `${JSON.stringify(kept)}\n`);
  return path;
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new Error(`${text} is no whole number of 1 or more`);
  return number;
}
