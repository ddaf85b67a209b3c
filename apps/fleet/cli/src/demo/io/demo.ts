/** `neverstale demo` runs a server whose hosts are made up, or brings made-up hosts to a server that runs already. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { DEFAULT_SHARES, type Shares, startSimulatedFleet } from "@neverstale/fleet-agent/simulated";
import type { RunningFleet } from "@neverstale/fleet-server";
import { InvalidArgumentError, Option } from "commander";
import { pino } from "pino";
import type { AddCommand } from "../../command-line/command.ts";
import { EXIT, Failure } from "../../command-line/failure.ts";
import { durationBetween, integerBetween, listenAddress, portOption, something } from "../../command-line/flags.ts";
import { watchParents } from "../../serve/io/parents.ts";
import { buildWebPage } from "../../serve/io/web-page.ts";

interface DemoFlags {
  readonly hosts: number;
  readonly port: number;
  readonly host: string;
  readonly dataDir?: string;
  readonly seed: number;
  readonly heartbeat: number;
  readonly failing: number;
  readonly dying: number;
  readonly away: number;
  readonly work: boolean;
  readonly server?: string;
  readonly enrollToken?: string;
  readonly ca?: string;
  readonly markers?: string;
}

const HELP_TEXT = `
The server is a real one, and each made-up host speaks to it as an agent does. Their figures, their failures and what runs
on them are made up, and they carry the tag made-up. Nothing is started on this machine. All of it is gone at the end,
unless --data-dir keeps it.

With --server the hosts go to a server that runs already, as a load for it: make a token with neverstale token create --uses.

Examples:
  neverstale demo --hosts 1000
  neverstale demo --hosts 1000 --port 0 --seed 7
  neverstale demo --hosts 500 --server https://fleet.example.org --enroll-token TOKEN --heartbeat 10s`;

export const addDemo: AddCommand = (root, end) => {
  root
    .command("demo")
    .description("run a server whose hosts are made up, to look around or to put it under load")
    .addOption(new Option("--hosts <number>", "how many hosts").default(100).argParser(integerBetween(1, 10_000)))
    .addOption(portOption())
    .addOption(
      new Option("--host <address>", "the address that it listens on").default("127.0.0.1").argParser(listenAddress),
    )
    .addOption(new Option("--data-dir <directory>", "keep the data there; default: nowhere").argParser(something))
    .addOption(
      new Option("--seed <number>", "the same hosts, and the same failures, for the same number")
        .default(1)
        .argParser(integerBetween(0, 2 ** 31)),
    )
    .addOption(
      new Option("--heartbeat <duration>", "how often each host reports")
        .default(5_000, "5s")
        .argParser(durationBetween(500, 14_000, "500ms to 14s")),
    )
    .addOption(share("--failing", "hosts on which an op fails", DEFAULT_SHARES.fails))
    .addOption(share("--dying", "hosts that go down in the middle of an op", DEFAULT_SHARES.dies))
    .addOption(share("--away", "hosts that are offline", DEFAULT_SHARES.away))
    .option("--no-work", "start nothing on the hosts")
    .addOption(new Option("--server <address>", "bring the hosts to this server, and run none").argParser(something))
    .addOption(
      new Option("--enroll-token <token>", "with --server: the token, for as many hosts").env(
        "NEVERSTALE_ENROLL_TOKEN",
      ),
    )
    .option("--ca <file>", "with --server: PEM of the authority to trust")
    .option("--markers <file>", "add a line to this file for each command that begins: the host's name and the id")
    .addHelpText("after", HELP_TEXT)
    .action(async (flags: DemoFlags) => {
      if (flags.server === undefined) await serveDemo(flags);
      else await bringHosts(flags, flags.server);
      end.status = null;
    });
};

function share(name: string, what: string, value: number): Option {
  return new Option(`${name} <percent>`, `${what}, in percent of all`)
    .default(value, `${100 * value}`)
    .argParser((text) => {
      const percent = Number(text.replace(/%$/, ""));
      if (text !== "" && percent >= 0 && percent <= 100) return percent / 100;
      throw new InvalidArgumentError("Expected a number from 0 to 100.");
    });
}

/** The hosts run in a process of their own, so that neither takes the other's time. */
async function serveDemo(flags: DemoFlags): Promise<void> {
  sharesOf(flags);
  const { beginMadeUpWork, checkSettings, makeDemoToken, runFleet } = await import("@neverstale/fleet-server");
  watchParents(process.env, () => void process.emit("SIGTERM", "SIGTERM"));
  const dataDir = flags.dataDir ?? mkdtempSync(join(tmpdir(), "neverstale-demo-"));
  if (flags.dataDir === undefined) process.once("exit", () => rmSync(dataDir, { recursive: true, force: true }));
  const options = { port: flags.port, host: flags.host, dataDir, localAgent: false };
  checkSettings(options);
  await buildWebPage((line) => process.stderr.write(`${line}\n`));
  const running = await runFleet(options);
  const token = await makeDemoToken(running, flags.hosts);
  const hosts = startHosts(flags, running.address, token);
  process.once("exit", () => hosts.kill("SIGTERM"));
  hosts.once("exit", (status) => {
    process.stderr.write(`neverstale: the made-up hosts have ended with status ${status}\n`);
    process.emit("SIGTERM", "SIGTERM");
  });
  await untilHeard(running, flags.hosts);
  process.stdout.write(`demo: ${flags.hosts} hosts online\n`);
  if (flags.work) beginMadeUpWork(running, WORK_EVERY_MS);
}

/** Each host has said what it allows. Those that are to be offline have done so, too. */
async function untilHeard({ manager }: RunningFleet, count: number): Promise<void> {
  const heard = () => [...manager.state.hosts.values()].filter(({ ops }) => ops.length > 0).length;
  while (heard() < count) await delay(LOOK_MS);
}

const LOOK_MS = 100;

const WORK_EVERY_MS = 15_000;

/** The token is in the environment, where others on the machine can't read it. */
function startHosts(flags: DemoFlags, address: string, token: string): ChildProcess {
  const { hosts, seed, heartbeat, failing, dying, away, markers } = flags;
  const words = [
    ...["demo", "--server", address, "--hosts", hosts, "--seed", seed, "--heartbeat", `${heartbeat}ms`],
    ...["--failing", 100 * failing, "--dying", 100 * dying, "--away", 100 * away],
    ...(markers === undefined ? [] : ["--markers", resolve(markers)]),
  ];
  const program = process.argv[1] ?? "";
  const env = { ...process.env, NEVERSTALE_ENROLL_TOKEN: token, NEVERSTALE_LAUNCHER: String(process.pid) };
  const stdio = ["ignore", "inherit", "inherit"] as const;
  return spawn(process.execPath, [...process.execArgv, program, ...words.map(String)], { stdio: [...stdio], env });
}

async function bringHosts(flags: DemoFlags, server: string): Promise<void> {
  const address = URL.parse(server.endsWith("/") ? server : `${server}/`);
  if (address === null || !/^https?:$/.test(address.protocol))
    throw new Failure(`--server ${server} is no address`, { hint: "Give one such as https://fleet.example.org." });
  const { hosts, seed, heartbeat, enrollToken: token, ca, markers } = flags;
  if (token === undefined)
    throw new Failure("the hosts need a token", { hint: `Make one: neverstale token create --uses ${hosts}` });
  watchParents(process.env, () => process.exit(EXIT.ok));
  delete process.env.NEVERSTALE_ENROLL_TOKEN;
  const end = await startSimulatedFleet({
    ...{ server: address, token, hosts, seed, heartbeatMs: heartbeat, shares: sharesOf(flags) },
    ca: ca === undefined ? null : readFileSync(ca, "utf8"),
    markers: markers ?? null,
    log: pino({ level: "error", base: { part: "demo" } }, pino.destination({ fd: 2, sync: true })),
    onEnrolled: (count) => tellProgress(count, hosts),
  });
  process.stderr.write(`demo: ${hosts} hosts have enrolled\n`);
  const stop = () => void end().then(() => process.exit(EXIT.ok));
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, stop);
}

function tellProgress(count: number, of: number): void {
  const step = Math.max(1, Math.floor(of / 10));
  if (count < of && count % step === 0) process.stderr.write(`demo: ${count} of ${of} hosts have enrolled\n`);
}

/** Throws where they are more than all hosts. */
function sharesOf({ failing, dying, away }: DemoFlags): Shares {
  if (failing + dying + away > 1)
    throw new Failure("more than all hosts would fail, die or be away", { hint: "Lower one of the three shares." });
  return { fails: failing, dies: dying, away };
}
