/** The program `neverstale-conformance` reads its arguments, plays all scenarios that are asked for, and prints a report. */

import { parseArgs } from "node:util";
import type { Profile } from "@neverstale/protocol";
import { playWithClient } from "../client/play-client.ts";
import { ScenarioError } from "../patterns/template.ts";
import type { ScenarioOutcome } from "../scenario/outcome.ts";
import { markdownOf, tableOf } from "../scenario/report.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { playWithServer } from "../server/play-server.ts";
import { readScenarios } from "./read-scenarios.ts";
import { RemoteServer } from "./remote-server.ts";
import { SpawnedClient } from "./spawned-client.ts";

const USAGE = `neverstale-conformance server ws://HOST:PORT/PATH [--control http://HOST:PORT] [--header 'Name: value']...
                              [--beacon-ms 30000]
neverstale-conformance client -- COMMAND ARGUMENTS...

Checks a server or a client of the Neverstale protocol. Both take:
  --profile v1|plain   one of the two profiles (a server: both by default; a client: v1)
  --only TEXT          the scenarios of one rule (E2), or with this in their name
  --json, --markdown   the report as JSON, or what failed as a Markdown table

Exit code: 0 nothing failed, 1 something failed, 2 the command is wrong or nothing could be checked.
README.md says what --control is and what a client prints.`;

const CLIENTS_AT_ONCE = 4;

class UsageError extends Error {}

/** It runs the command and returns its exit code. */
export async function runProgram(args: readonly string[], print: (text: string) => void): Promise<number> {
  try {
    return await runCommand(args, print);
  } catch (error) {
    if (error instanceof ScenarioError) print(`a scenario is wrong: ${error.message}`);
    else if (isUsageError(error)) print(`${error.message}\n\n${USAGE}`);
    else throw error;
    return 2;
  }
}

function isUsageError(error: unknown): error is Error {
  const fromParser = error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
  return error instanceof UsageError || fromParser;
}

async function runCommand(args: readonly string[], print: (text: string) => void): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      control: { type: "string" },
      header: { type: "string", multiple: true, default: [] },
      "beacon-ms": { type: "string", default: "30000" },
      profile: { type: "string" },
      only: { type: "string" },
      json: { type: "boolean", default: false },
      markdown: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    print(USAGE);
    return 0;
  }
  const [tested, ...rest] = positionals;
  if (tested !== "server" && tested !== "client") throw new UsageError("say what to check: server or client");
  const scenarios = readScenarios(tested, values.only ?? null);
  const profiles = profilesOf(values.profile, tested === "server" ? ["v1", "plain"] : ["v1"]);
  const outcomes =
    tested === "server"
      ? await checkServer(scenarios, profiles, serverOptions(rest, values))
      : await checkClient(scenarios, profiles, rest);
  print(values.json ? JSON.stringify(outcomes, null, 2) : values.markdown ? markdownOf(outcomes) : tableOf(outcomes));
  if (!outcomes.some(({ result }) => result !== "not run")) return 2;
  return outcomes.some(({ result }) => result === "failed") ? 1 : 0;
}

function profilesOf(asked: string | undefined, otherwise: readonly Profile[]): readonly Profile[] {
  if (asked === undefined) return otherwise;
  if (asked !== "v1" && asked !== "plain") throw new UsageError("--profile is v1 or plain");
  return [asked];
}

interface ServerValues {
  readonly control?: string | undefined;
  readonly header: readonly string[];
  readonly "beacon-ms": string;
}

function serverOptions([url, ...others]: readonly string[], values: ServerValues) {
  if (url === undefined || others.length > 0 || !/^wss?:/.test(url)) throw new UsageError("give one address, ws://…");
  const beaconMs = Number(values["beacon-ms"]);
  if (!(beaconMs > 0)) throw new UsageError("--beacon-ms is a number of milliseconds");
  return { url, control: values.control ?? null, headers: headersOf(values.header), beaconMs };
}

function headersOf(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(":");
      if (colon < 1) throw new UsageError("--header is 'Name: value'");
      return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
    }),
  );
}

/** It plays every scenario in each of its profiles, one after the other, as a server has one state. */
export async function checkServer(
  scenarios: readonly Scenario[],
  profiles: readonly Profile[],
  options: ConstructorParameters<typeof RemoteServer>[0],
): Promise<ScenarioOutcome[]> {
  const server = new RemoteServer(options);
  const outcomes: ScenarioOutcome[] = [];
  for (const [scenario, profile] of runsOf(scenarios, profiles)) {
    outcomes.push(await playWithServer(scenario, profile, server));
  }
  return outcomes;
}

/** It plays each scenario with a client that is started for it. A few run at a time, as they mostly wait. */
export async function checkClient(
  scenarios: readonly Scenario[],
  profiles: readonly Profile[],
  command: readonly string[],
): Promise<ScenarioOutcome[]> {
  const [program, ...args] = command;
  if (program === undefined) throw new UsageError("give the client's command after --");
  const runs = runsOf(scenarios, profiles);
  const outcomes: ScenarioOutcome[] = [];
  const waiting = runs.entries();
  const lane = async () => {
    for (const [index, [scenario, profile]] of waiting) {
      outcomes[index] = await playWithNewClient(scenario, profile, [program, ...args]);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS_AT_ONCE }, lane));
  return outcomes;
}

async function playWithNewClient(
  scenario: Scenario,
  profile: Profile,
  command: readonly [string, ...string[]],
): Promise<ScenarioOutcome> {
  const client = await SpawnedClient.start(command);
  try {
    return await playWithClient(scenario, profile, client);
  } finally {
    await client.close();
  }
}

function runsOf(scenarios: readonly Scenario[], profiles: readonly Profile[]): [Scenario, Profile][] {
  return scenarios.flatMap((scenario) =>
    scenario.profiles
      .filter((profile) => profiles.includes(profile))
      .map((profile): [Scenario, Profile] => [scenario, profile]),
  );
}
