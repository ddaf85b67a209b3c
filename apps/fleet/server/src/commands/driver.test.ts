import type {
  AgentState,
  Assignment,
  Command,
  CommandStatus,
  Fleet,
  Host,
  OpRule,
  Pipeline,
} from "@neverstale/fleet-domain";
import { describe, expect, test } from "vitest";
import type { View } from "../fleet/work.ts";
import { type DueAction, dueActions, WAITS_FOR_STAGE } from "./driver.ts";

const NOW = "2030-01-01T00:00:00.000Z";
const SOON = "2030-01-01T00:00:00.500Z";
const LATER = "2030-01-01T01:00:00.000Z";
const EARLIER = "2029-12-31T23:00:00.000Z";
const STAGES = ["uptime", "disk", "memory"];

function host(id: string, more: Partial<Host> = {}): Host {
  const ops = STAGES.map((name) => ({ name, args: [] }));
  return {
    id,
    hostname: id,
    os: "",
    arch: "",
    agentVersion: "",
    tags: [],
    online: true,
    checks: {},
    ops,
    enrolledAt: NOW,
    ...more,
  };
}

function command(hostId: string, stage: number, status: CommandStatus, more: Partial<Command> = {}): Command {
  const op = STAGES[stage] ?? "uptime";
  const waits = status === "pending" ? { reason: WAITS_FOR_STAGE } : {};
  return {
    id: `${hostId}-${stage}`,
    host: hostId,
    op,
    args: {},
    pipelineId: "p",
    stage,
    status,
    requestedBy: "admin",
    createdAt: NOW,
    outputBytes: 0,
    ...waits,
    ...more,
  };
}

/** A command that belongs to no pipeline. */
function single(id: string, more: Partial<Command> = {}): Command {
  const { pipelineId: _, stage: __, ...rest } = command("a", 0, "pending", { id, ...more });
  return rest;
}

function pipeline(more: Partial<Pipeline> = {}): Pipeline {
  return {
    id: "p",
    name: "health",
    stages: STAGES,
    hosts: ["a", "b"],
    currentStage: 0,
    status: "running",
    failedHosts: [],
    requestedBy: "admin",
    createdAt: NOW,
    ...more,
  };
}

interface World {
  readonly hosts?: Host[];
  readonly commands?: Command[];
  readonly pipelines?: Pipeline[];
  readonly opRules?: OpRule[];
  /** Ids of commands that a host's agent has. */
  readonly assigned?: Readonly<Record<string, string[]>>;
}

function view({
  hosts = [host("a"), host("b")],
  commands = [],
  pipelines = [],
  assigned = {},
  opRules = [],
}: World): View {
  const byId = <R extends { readonly id: string }>(records: R[]) =>
    new Map(records.map((record) => [record.id, record]));
  const fleet: Fleet = {
    hosts: byId(hosts),
    commands: byId(commands),
    pipelines: byId(pipelines),
    events: new Map(),
    opRules: byId(opRules),
    pipelineRules: new Map(),
    alertRules: new Map(),
    alerts: new Map(),
    silences: new Map(),
    groups: new Map(),
    scheduleRules: new Map(),
    schedules: new Map(),
    catalogueFiles: new Map(),
    backups: new Map(),
    sharedTags: new Map(),
    shares: new Map(),
    metrics: new Map(),
  };
  const agent = (id: string): AgentState => {
    const assignments = (assigned[id] ?? []).map(
      (commandId): Assignment => ({ id: commandId, op: "uptime", args: {}, status: "assigned" }),
    );
    return { commands: byId(assignments) };
  };
  return { fleet, agent: (id) => (hosts.some((one) => one.id === id) ? agent(id) : null) };
}

/** Each action in a word, for the eye. */
function actions(world: World): string[] {
  return dueActions(view(world), NOW).map(inWords);
}

function inWords(action: DueAction): string {
  switch (action.kind) {
    case "assign":
      return `assign ${action.command.id}`;
    case "wait":
      return `wait ${action.command.id} ${action.reason}`;
    case "end":
      return `${action.status} ${action.command.id}`;
    case "fail_hosts":
      return `failed ${action.hosts.join()}`;
    case "stop":
      return `stop: ${action.reason}`;
    case "pause":
      return `pause ${action.ms}`;
    case "enter_wave":
      return `wave ${action.wave}`;
    case "enter_stage":
      return `stage ${action.stage}`;
    case "conclude":
      return action.status;
  }
}

function grid(rows: Readonly<Record<string, readonly CommandStatus[]>>): Command[] {
  return Object.entries(rows).flatMap(([id, statuses]) => statuses.map((status, stage) => command(id, stage, status)));
}

describe("a pipeline has && semantics for each host", () => {
  const pipelines = [pipeline()];

  test("at first all hosts are given the first stage, and only that", () => {
    const commands = grid({ a: ["pending", "pending", "pending"], b: ["pending", "pending", "pending"] });

    expect(actions({ pipelines, commands })).toEqual(["assign a-0", "assign b-0"]);
  });

  test("nobody enters the second stage while one host is in the first", () => {
    const commands = grid({ a: ["succeeded", "pending", "pending"], b: ["running", "pending", "pending"] });

    expect(actions({ pipelines, commands, assigned: { b: ["b-0"] } })).toEqual([]);
  });

  test("when all have succeeded the next stage is entered", () => {
    const commands = grid({ a: ["succeeded", "pending", "pending"], b: ["succeeded", "pending", "pending"] });

    expect(actions({ pipelines, commands })).toEqual(["stage 1"]);
    expect(actions({ pipelines: [pipeline({ currentStage: 1 })], commands })).toEqual(["assign a-1", "assign b-1"]);
  });

  test.each(["failed", "timed_out", "cancelled", "lost", "blocked", "rejected", "expired"] as const)(
    "a host that %s skips what comes after",
    (status) => {
      const commands = grid({ a: ["succeeded", "pending", "pending"], b: [status, "pending", "pending"] });

      expect(actions({ pipelines, commands })).toEqual(["failed b"]);
      expect(actions({ pipelines: [pipeline({ failedHosts: ["b"] })], commands })).toEqual([
        "skipped b-1",
        "skipped b-2",
      ]);
    },
  );

  test.each([
    [[], "complete"],
    [["b"], "partial"],
    [["a", "b"], "failed"],
  ] as const)("it ends when no command is left: hosts failed %j -> %s", (failedHosts, status) => {
    const commands = grid({ a: ["succeeded", "succeeded", "succeeded"], b: ["failed", "skipped", "skipped"] });
    const failed = [...failedHosts];
    const left = failed.includes("b") ? commands : commands.filter((one) => one.host === "a");

    expect(actions({ pipelines: [pipeline({ failedHosts: failed, currentStage: 2 })], commands: left })).toEqual([
      status,
    ]);
  });

  test("an offline host is blocked, a busy one waits with the reason said", () => {
    const hosts = [host("a", { online: false }), host("b")];
    const commands = grid({ a: ["pending", "pending", "pending"], b: ["pending", "pending", "pending"] });

    expect(actions({ hosts, pipelines, commands, assigned: { b: ["other"] } })).toEqual([
      "blocked a-0",
      "wait b-0 busy: uptime is still running there",
    ]);
  });

  test("a pipeline whose op is queued waits for a host that is offline", () => {
    const hosts = [host("a", { online: false })];
    const opRules: OpRule[] = [{ id: "uptime", offline: "queue", deliverWithinMs: 1_000 }];
    const commands = grid({ a: ["pending", "pending", "pending"] });

    expect(actions({ hosts, pipelines, commands, opRules })).toEqual(["wait a-0 offline: its agent is not connected"]);
  });

  test("an ended pipeline is left alone", () => {
    const commands = grid({ a: ["running", "pending", "pending"] });

    expect(actions({ pipelines: [pipeline({ status: "cancelled" })], commands, assigned: { a: ["a-0"] } })).toEqual([]);
  });
});

describe("waves", () => {
  const inWaves = (more: Partial<Pipeline> = {}) => [pipeline({ waves: [1, "rest"], currentWave: 0, ...more })];
  const done = ["succeeded", "succeeded", "succeeded"] as const;
  const waiting = ["pending", "pending", "pending"] as const;

  test("the hosts of a later wave wait, also while a stage of the first one is over", () => {
    expect(actions({ pipelines: inWaves(), commands: grid({ a: waiting, b: waiting }) })).toEqual(["assign a-0"]);
    const commands = grid({ a: ["succeeded", "pending", "pending"], b: waiting });
    expect(actions({ pipelines: inWaves(), commands })).toEqual(["stage 1"]);
  });

  test("the next wave begins when the one before has ended, by a failure too", () => {
    expect(actions({ pipelines: inWaves(), commands: grid({ a: done, b: waiting }) })).toEqual(["wave 1"]);
    const commands = grid({ a: ["failed", "skipped", "skipped"], b: waiting });
    expect(actions({ pipelines: inWaves({ failedHosts: ["a"] }), commands })).toEqual(["wave 1"]);
    expect(actions({ pipelines: inWaves({ currentWave: 1 }), commands: grid({ a: done, b: waiting }) })).toEqual([
      "assign b-0",
    ]);
  });

  test("a pause between waves is begun once, and waited for", () => {
    const commands = grid({ a: done, b: waiting });
    expect(actions({ pipelines: inWaves({ pauseMs: 500 }), commands })).toEqual(["pause 500"]);
    expect(actions({ pipelines: inWaves({ pauseMs: 500, nextWaveAt: SOON }), commands })).toEqual([]);
    expect(actions({ pipelines: inWaves({ pauseMs: 500, nextWaveAt: EARLIER }), commands })).toEqual(["wave 1"]);
  });

  test("a pause that would last longer than it may is over: the clock was put back", () => {
    const commands = grid({ a: done, b: waiting });

    expect(actions({ pipelines: inWaves({ pauseMs: 500, nextWaveAt: LATER }), commands })).toEqual(["wave 1"]);
    expect(actions({ pipelines: inWaves({ pauseMs: 499, nextWaveAt: SOON }), commands })).toEqual(["wave 1"]);
  });

  test("no pause follows the last wave", () => {
    const commands = grid({ a: done, b: done });
    expect(actions({ pipelines: inWaves({ pauseMs: 500, currentWave: 1 }), commands })).toEqual(["complete"]);
  });

  test("beyond max_fail it stops: what an agent has goes on, and all else is skipped", () => {
    const commands = grid({ a: ["failed", "skipped", "skipped"], b: ["running", "pending", "pending"] });
    const failed = { maxFail: 0, failedHosts: ["a"] };
    expect(actions({ pipelines: [pipeline(failed)], commands, assigned: { b: ["b-0"] } })).toEqual([
      "stop: max_fail: it failed on 1 host, and may on 0",
    ]);
    const stopped = [pipeline({ ...failed, reason: "max_fail: x" })];
    expect(actions({ pipelines: stopped, commands, assigned: { b: ["b-0"] } })).toEqual(["skipped b-1", "skipped b-2"]);
    const left = grid({ a: ["failed", "skipped", "skipped"], b: ["succeeded", "skipped", "skipped"] });
    expect(actions({ pipelines: stopped, commands: left })).toEqual(["failed"]);
  });

  test("as many failures as may be do not stop it", () => {
    const commands = grid({ a: ["failed", "skipped", "skipped"], b: waiting });
    expect(actions({ pipelines: [pipeline({ maxFail: "50%", failedHosts: ["a"] })], commands })).toEqual([
      "assign b-0",
    ]);
  });
});

describe("single commands", () => {
  test("the oldest one that waits gets the free host", () => {
    const commands = [single("second", { createdAt: LATER }), single("first")];

    expect(actions({ commands })).toEqual(["assign first"]);
  });

  test("one that its agent has is not given again", () => {
    expect(actions({ commands: [single("first")], assigned: { a: ["first"] } })).toEqual([]);
  });

  test("one that waits for an offline host waits on, until its deadline", () => {
    const hosts = [host("a", { online: false })];

    expect(actions({ hosts, commands: [single("first", { deadline: LATER })] })).toEqual([]);
    expect(actions({ hosts, commands: [single("first", { deadline: EARLIER })] })).toEqual(["expired first"]);
  });

  test("what runs has no deadline any more", () => {
    expect(
      actions({ commands: [single("first", { status: "running", deadline: EARLIER })], assigned: { a: ["first"] } }),
    ).toEqual([]);
  });

  test("one whose host is gone, or doesn't allow it, is blocked", () => {
    expect(actions({ hosts: [], commands: [single("first")] })).toEqual(["blocked first"]);
    expect(actions({ commands: [single("first", { op: "reboot" })] })).toEqual(["blocked first"]);
  });
});
