import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ended } from "@neverstale/base/test-processes";
import { courseOf, DEFAULT_SHARES, type Lot, lotsOf, simulatedName, wrongOp } from "@neverstale/fleet-agent/simulated";
import { CommandLogAnswer, EnrollmentTokenAnswer, PipelineAnswer } from "@neverstale/fleet-domain";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually, FleetProcess, readText, SHOUT_YAML } from "../fleet-process-suite.ts";

const CLI = fileURLToPath(new URL("../../bin/neverstale.mjs", import.meta.url));
const HOSTS = 1_000;
const SEED = 11;
const STAGES = ["uptime", "disk", "memory"];
const OPS = [...STAGES, "deploy", "restart", "update"];

let fleet: FleetProcess;
let hosts: ChildProcess | null = null;
let markers = "";

beforeAll(async () => {
  fleet = new FleetProcess(SHOUT_YAML);
  await fleet.start();
  markers = join(fleet.directory, "markers");
  const asked = { uses: HOSTS, tags: ["made-up"] };
  const { token } = EnrollmentTokenAnswer.parse(
    await (await fleet.session()).postJson("/api/enrollment-tokens", asked),
  );
  const words = ["demo", "--server", fleet.address, "--hosts", `${HOSTS}`, "--seed", `${SEED}`, "--markers", markers];
  const env = { ...process.env, NEVERSTALE_ENROLL_TOKEN: token };
  hosts = spawn(process.execPath, [CLI, ...words], { env, stdio: ["ignore", "inherit", "inherit"] });
}, 600_000);
afterAll(async () => {
  await ended(hosts, "SIGTERM");
  await fleet.dispose();
}, 120_000);

interface Shown {
  readonly id: string;
  readonly hostname: string;
  readonly online: boolean;
  readonly ops: readonly unknown[];
  readonly tags: readonly string[];
}

async function madeUpHosts(): Promise<Shown[]> {
  const { hosts: all = [] } = (await fleet.state()) as unknown as { hosts?: Shown[] };
  return all.filter(({ tags }) => tags.includes("made-up"));
}

/** They are in the state, and in the history behind it. */
async function everyCommand(): Promise<CommandLogAnswer["commands"]> {
  const session = await fleet.session();
  const all: CommandLogAnswer["commands"][number][] = [];
  for (let next: string | null = ""; next !== null; ) {
    const before: string = next === "" ? "" : `&before=${encodeURIComponent(next)}`;
    const page = CommandLogAnswer.parse(await session.getJson(`/api/commands?limit=1000${before}`));
    all.push(...page.commands);
    next = page.next;
  }
  return all;
}

/** How the commands of one host must end, by its lot. */
function expected(name: string, lot: Lot): string[] {
  if (lot === "away") return ["blocked", "skipped", "skipped"];
  const of = { host: name, lot, seed: SEED, ops: OPS };
  const bad = STAGES.indexOf(lot === "steady" ? "" : wrongOp(of));
  const how = bad < 0 ? "" : courseOf(of, STAGES[bad] ?? "").end === "fails" ? "failed" : "lost";
  return STAGES.map((_, stage) => (bad < 0 || stage < bad ? "succeeded" : stage === bad ? how : "skipped"));
}

async function untilEnded(pipelineId: string): Promise<void> {
  await eventually(async () => {
    const { pipelines = [] } = await fleet.state();
    return pipelines.find(({ id }) => id === pipelineId)?.status !== "running";
  });
}

test("a pipeline over 1,000 hosts ends as it must on each of them, though the server is killed three times; then exactly what is left is retried, and nothing runs twice", async () => {
  const lots = lotsOf(HOSTS, SEED, DEFAULT_SHARES);
  await eventually(async () => {
    const made = await madeUpHosts();
    const away = lots.filter((lot) => lot === "away").length;
    return (
      made.filter(({ ops }) => ops.length > 0).length === HOSTS && made.filter(({ online }) => !online).length === away
    );
  });
  const made = await madeUpHosts();
  const idOf = new Map(made.map(({ hostname, id }) => [hostname, id]));
  const session = await fleet.session();
  const answer = await session.postJson("/api/dispatch/pipeline", {
    pipeline: "health",
    hosts: made.map(({ id }) => id),
  });
  const { pipelineId } = PipelineAnswer.parse(answer);

  const begun = () => readText(markers).split("\n").length - 1;
  for (const share of [0.2, 1.2, 2.2]) {
    await eventually(() => begun() > share * HOSTS);
    await fleet.killServer();
    await fleet.start();
  }
  await untilEnded(pipelineId);
  const runs = (await everyCommand()).filter((command) => command.pipelineId === pipelineId);

  const endsOf = (id: string | undefined) =>
    runs
      .filter(({ host }) => host === id)
      .sort((a, b) => (a.stage ?? 0) - (b.stage ?? 0))
      .map((run) => run.status);
  const wrong = lots.flatMap((lot, index) => {
    const name = simulatedName(index, SEED);
    const [is, must] = [endsOf(idOf.get(name)).join(), expected(name, lot).join()];
    return is === must ? [] : [`${name} (${lot}): ${is}, and not ${must}`];
  });

  const asked = await session.postJson(`/api/pipelines/${pipelineId}/retry`, { only: "failed_and_not_started" });
  const again = PipelineAnswer.parse(asked).pipelineId;
  await untilEnded(again);
  const retried = (await everyCommand()).filter((command) => command.pipelineId === again);
  const left = lots.flatMap((lot, index) => {
    const name = simulatedName(index, SEED);
    const from = expected(name, lot).findIndex((end) => end !== "succeeded");
    return from < 0 ? [] : STAGES.slice(from).map((_, at) => `${idOf.get(name)} ${from + at}`);
  });
  expect(retried.map(({ host, stage }) => `${host} ${stage}`).sort()).toEqual(left.sort());

  const lines = readText(markers).trim().split("\n");
  console.log(`${lines.length} commands began, and ${runs.length} have ended; ${retried.length} were retried`);
  expect(wrong).toEqual([]);
  expect(new Set(lines).size).toBe(lines.length);
}, 1_200_000);
