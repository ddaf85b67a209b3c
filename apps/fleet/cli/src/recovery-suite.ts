/** A fleet whose host allows an op that counts and one that sleeps, whose processes the tests of recovery kill. */

import * as fs from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { eventually, FleetProcess, readText } from "./fleet-process-suite.ts";

const LINES = 200;

/** Prints its lines 20 ms apart, and counts its runs in a file. Bytes that are no UTF-8 are among them. */
const COUNT = `
const fs = require("node:fs");
fs.appendFileSync(process.env.RUNS, process.env.NEVERSTALE_COMMAND_ID + "\\n");
let line = 0;
const timer = setInterval(() => {
  line += 1;
  process.stdout.write(Buffer.concat([Buffer.from("line " + line + " \u20ac \u{1d11e} "), Buffer.from([0xff]), Buffer.from("\\n")]));
  if (line === ${LINES}) { clearInterval(timer); process.exitCode = 7; }
}, 20);`;

const EXPECTED = Array.from({ length: LINES }, (_, index) => `line ${index + 1} \u20ac \u{1d11e} \ufffd\n`).join("");
const EXPECTED_BYTES = Buffer.byteLength(EXPECTED) - 2 * LINES; // U+FFFD stands for one byte and is three.

export class CountingFleet extends FleetProcess {
  readonly #runsFile = join(this.directory, "runs");

  constructor() {
    super("ops: {}\n");
    const count = { argv: [process.execPath, "-e", COUNT], env: { RUNS: this.#runsFile }, timeout: "10m" };
    const sleep = {
      argv: [process.execPath, "-e", "console.log(process.pid); setInterval(() => {}, 1000)"],
      timeout: "10m",
      kill_grace: "1s",
    };
    fs.writeFileSync(join(this.agentDir, "agent.yaml"), JSON.stringify({ ops: { count, sleep } }));
  }

  /** Dispatches the op, and waits until it has written something. */
  async begin(op: "count" | "sleep"): Promise<string> {
    const id = await this.dispatch(op);
    await eventually(async () => (await this.command(id)).status !== "pending" && (await this.output(id)) !== "");
    return id;
  }

  async expectTheWholeTruth(id: string): Promise<void> {
    expect(await this.end(id)).toMatchObject({ status: "failed", exitCode: 7, outputBytes: EXPECTED_BYTES });
    expect(await this.output(id)).toBe(EXPECTED);
    expect(readText(this.#runsFile)).toBe(`${id}\n`);
  }

  /** Waits until the state has the command, as its agent tells it anew. */
  async untilKnown(id: string): Promise<void> {
    await eventually(async () => ((await this.state()).commands ?? []).some((command) => command.id === id));
  }
}
