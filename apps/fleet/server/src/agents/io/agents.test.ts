import { type AgentReport, type Command, chunkId, OUTPUT_CHUNKS, OutputPieceLine } from "@neverstale/fleet-domain";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { LOST_AFTER_MS, OFFLINE_AFTER_MS } from "../../commands/waiting-times.ts";
import {
  type Browser,
  dispatchUptime,
  enrollHost,
  Fleets,
  type HostAgent,
  hostMaker,
  signIn,
  upgrade,
} from "../../fleet/fleet-suite.ts";
import { round } from "../../process/io/rounds.ts";
import type { RunningFleet } from "../../process/io/start.ts";
import { acceptReports } from "../reports.ts";

const fleets = new Fleets();
let fleet: RunningFleet;
let browser: Browser;
let now = Date.now();

beforeAll(async () => {
  fleet = await fleets.start({ now: () => now });
  browser = await signIn(fleet);
});
afterAll(() => fleets.end());

const newHost = hostMaker(() => browser);
const start = (host: HostAgent) => dispatchUptime(browser, host);

/** A command that its host runs. */
async function running(host: HostAgent): Promise<string> {
  const id = await start(host);
  await host.claim(id);
  return id;
}

function command(id: string): Command | undefined {
  return fleet.manager.state.commands.get(id);
}

function actions(): string[] {
  return [...fleet.manager.state.events.values()].map((event) => event.action);
}

async function outputOf(id: string): Promise<string> {
  return (await browser.get(`/api/commands/${id}/output?format=plain`)).text;
}

const NOTHING: AgentReport = { type: "state", known: [] };

function piece(commandId: string, offset: number, text: string) {
  return { type: "output", commandId, offset, bytes: Buffer.byteLength(text), text } as const;
}

describe("claims", () => {
  test("a claim moves pending to running; the same instance may ask again", async () => {
    const host = await newHost();
    const id = await start(host);

    const [first, again] = [await host.claim(id), await host.claim(id)];

    expect(first.body).toMatchObject({ granted: true, now: new Date(now).toISOString() });
    expect(again.status).toBe(200);
    expect(command(id)).toMatchObject({ status: "running", startedAt: new Date(now).toISOString() });
    expect(fleet.manager.state.hosts.get(host.id)?.runningCommand).toBe(id);
    expect([...fleet.manager.state.events.values()].filter((event) => event.details?.commandId === id)).toMatchObject([
      { action: "command_started", actor: `agent:${host.id}`, host: host.id },
    ]);
  });

  test("of two instances that claim at once exactly one gets it, and an alarm is raised", async () => {
    const host = await newHost();
    const id = await start(host);

    const answers = await Promise.all([host.claim(id, "one"), host.claim(id, "two"), host.claim(id, "three")]);

    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
    expect(answers.filter((answer) => answer.status === 409).map((answer) => answer.body.code)).toEqual([
      "claim_refused",
      "claim_refused",
    ]);
    expect(actions().filter((action) => action === "claim_refused")).toHaveLength(2);
  });

  test("an ended or unknown command is not granted", async () => {
    const host = await newHost();
    const id = await start(host);
    await host.run(id);

    expect((await host.claim(id)).status).toBe(409);
    expect((await host.claim("nothing")).status).toBe(409);
  });
});

describe("output", () => {
  test("is taken once by its offset: no repetition, no hole", async () => {
    const host = await newHost();
    const id = await running(host);

    const answers = [
      await host.report(piece(id, 0, "one\n")),
      await host.report(piece(id, 0, "one\n")),
      await host.report(piece(id, 8, "three\n")),
      await host.report(piece(id, 2, "e\ntwo\n")),
      await host.report(piece(id, 4, "two\n"), piece(id, 8, "three\n")),
    ];

    expect(answers.map((answer) => (answer.body.received as unknown as Record<string, number>)[id])).toEqual([
      4, 4, 4, 4, 14,
    ]);
    expect(await outputOf(id)).toBe("one\ntwo\nthree\n");
  });

  test("the live tail is bounded, the whole of it can still be read", async () => {
    const host = await newHost();
    const id = await running(host);
    const lines = Array.from({ length: 150 }, (_, index) => `line ${String(index).padStart(4, "0")}\n`);
    const pieces = lines.map((text, index) => piece(id, index * 10, text));

    await host.report(...pieces.slice(0, 75));
    await host.report(...pieces.slice(75));

    expect(fleet.manager.space(`output/${id}`)?.state.chunks?.size).toBe(OUTPUT_CHUNKS);
    expect(await outputOf(id)).toBe(lines.join(""));
  });

  test("is read on from an offset, a piece with its place and time on each line, in the history and in the live tail", async () => {
    const host = await newHost();
    const id = await running(host);
    const lines = Array.from({ length: 150 }, (_, index) => `line ${String(index).padStart(4, "0")}\n`);
    const pieces = lines.map((text, index) => piece(id, index * 10, text));
    await host.report(...pieces.slice(0, 75));
    await host.report(...pieces.slice(75));
    const read = async (query: string) => {
      const { text } = await browser.get(`/api/commands/${id}/output?format=pieces${query}`);
      return text
        .split("\n")
        .slice(0, -1)
        .map((line) => OutputPieceLine.parse(JSON.parse(line)));
    };

    const all = await read("");
    const behind = await read("&from=15&limit=90");
    const rest = await read("&from=910");

    expect(all.map(({ text }) => text)).toEqual(lines);
    expect(all[1]).toMatchObject({ offset: 10, bytes: 10, at: expect.any(String) });
    expect(behind.map(({ offset }) => offset)).toEqual(lines.slice(1, 91).map((_, index) => 10 * (index + 1)));
    expect([...behind, ...rest]).toEqual(all.slice(1));
    expect(await read("&from=1500")).toEqual([]);
  });

  test("can be had as text, without what a terminal would obey, or as it was written", async () => {
    const host = await newHost();
    const id = await running(host);
    const written = ["\x1b[1;3", "1mred\x1b[0m\n", "\x1b]0;title\x07plain\n"];
    await host.report(...written.map((text, index) => piece(id, written.slice(0, index).join("").length, text)));

    const [plain, ansi, other] = await Promise.all(
      ["plain", "ansi", "html"].map((format) => browser.get(`/api/commands/${id}/output?format=${format}`)),
    );
    const last = await browser.get(`/api/hosts/${host.id}/output?lines=2`);

    expect([plain?.text, ansi?.text]).toEqual(["red\nplain\n", written.join("")]);
    expect(last.text).toBe("red\nplain\n");
    expect(other?.status).toBe(400);
  });

  test("followers of the output get its tail, then what is appended", async () => {
    const host = await newHost();
    const id = await running(host);
    await host.report(piece(id, 0, "first\n"));
    const headers = { cookie: browser.cookie, origin: fleet.address };
    const { first, messages, socket } = await upgrade(fleet, `/sync/output/${id}`, headers);
    expect(JSON.parse(await first).payload.chunks).toMatchObject([{ text: "first\n" }]);

    await host.report(piece(id, 6, "second\n"));
    await host.finished(id, "succeeded", 13);

    await expect.poll(() => messages.some((message) => message.includes("output_finished"))).toBe(true);
    expect(messages.some((message) => message.includes("second"))).toBe(true);
    socket.terminate();
  });

  test("the end is not taken before all of the output", async () => {
    const host = await newHost();
    const id = await running(host);

    const early = await host.finished(id, "succeeded", 4);
    expect(command(id)?.status).toBe("running");
    await host.report(piece(id, 0, "end\n"));
    const late = await host.finished(id, "succeeded", 4);

    expect([early.body.finished, late.body.finished]).toEqual([[], [id]]);
    expect(command(id)).toMatchObject({ status: "succeeded", outputBytes: 4, exitCode: 0 });
    expect(fleet.manager.space(`output/${id}`)?.state.status?.get("output")).toMatchObject({
      bytes: 4,
      finished: true,
    });
  });

  test("a repeated end changes nothing, whatever it says", async () => {
    const host = await newHost();
    const id = await running(host);
    await host.finished(id, "succeeded");

    const again = await host.finished(id, "failed");

    expect(again.body.finished).toEqual([id]);
    expect(command(id)?.status).toBe("succeeded");
  });

  test("output of a command that nobody keeps may be dropped by the agent", async () => {
    const host = await newHost();

    const answer = await host.report(piece("long-gone", 4096, "text"));

    expect(answer.body.received).toEqual({ "long-gone": 4100 });
  });

  test("output of commands that left the state can't be followed any more, but all of it can be read", async () => {
    const host = await newHost();
    const id = await running(host);
    const lines = Array.from({ length: OUTPUT_CHUNKS + 36 }, (_, index) => `line ${String(index).padStart(4, "0")}\n`);
    await host.report(...lines.map((text, index) => piece(id, index * 10, text)));
    await host.finished(id, "succeeded", lines.length * 10);
    await evict(host, id);

    await round(fleet.parts, true);

    expect(fleet.manager.space(`output/${id}`)).toBeNull();
    expect(await outputOf(id)).toBe(lines.join(""));
    const last = await browser.get(`/api/hosts/${host.id}/output?lines=2`);
    expect(last.text).toBe(lines.slice(-2).join(""));
  });

  test("output of many commands that leave the state at once goes to the history, however much it is", async () => {
    const gone = Array.from({ length: 20 }, (_, index) => `gone-${index}`);
    for (const id of gone) {
      await fleet.parts.transactions.transact((work) => {
        for (let n = 0; n < OUTPUT_CHUNKS; n += 1) {
          const text = "x".repeat(4_096);
          const offset = n * text.length;
          const chunk = { id: chunkId(offset), offset, bytes: text.length, text, at: work.at.iso };
          work.changeOutput(id, "output_appended", chunk);
        }
      });
    }

    await round(fleet.parts, true);

    expect(fleet.manager.spaces().filter((name) => name.startsWith("output/gone-"))).toEqual([]);
    expect(await outputOf("gone-19")).toHaveLength(OUTPUT_CHUNKS * 4_096);
  });

  test("of a command that left the state without having written anything there is no output", async () => {
    const host = await newHost();
    const id = await running(host);
    await host.finished(id, "succeeded");
    await evict(host, id);

    await round(fleet.parts, true);

    expect((await browser.get(`/api/commands/${id}/output`)).body).toMatchObject({ code: "unknown_command" });
  });

  /** So many commands end after it that it leaves the live state. */
  async function evict(host: HostAgent, id: string): Promise<void> {
    await start(host);
    for (let index = 0; index < 201; index += 1)
      await browser.post("/api/dispatch", { op: "uptime", hosts: [host.id] });
    expect(command(id)).toBeUndefined();
  }

  test("progress of what runs is shown, and replaced whole", async () => {
    const host = await newHost();
    const id = await running(host);

    await host.report({ type: "progress", commandId: id, phase: "copy", current: 1, total: 3 });
    await host.report({ type: "progress", commandId: id, phase: "check" });

    expect(command(id)?.progress).toEqual({ phase: "check" });
  });
});

describe("never running for ever", () => {
  beforeEach(async () => {
    browser = await signInAgain(); // Days pass here.
  });

  test("a running command that its restarted agent knows nothing of is lost", async () => {
    const host = await newHost();
    const id = await running(host);
    now += OFFLINE_AFTER_MS;
    const restarted = host.restarted("run-2");

    await restarted.hello();
    await restarted.report(NOTHING);
    expect(command(id)?.status).toBe("running");
    await restarted.report(NOTHING);

    expect(command(id)).toMatchObject({ status: "lost", reason: expect.stringContaining("knows nothing") });
    expect(fleet.manager.state.hosts.get(host.id)).not.toHaveProperty("runningCommand");
  });

  test("one that the restarted agent still runs goes on, and ends as it says", async () => {
    const host = await newHost();
    const id = await running(host);
    const restarted = host.restarted("run-2");
    const known: AgentReport = { type: "state", known: [{ commandId: id, op: "uptime", args: {}, phase: "running" }] };

    for (let index = 0; index < 3; index += 1) await restarted.report(known);
    await restarted.finished(id, "failed");

    expect(command(id)).toMatchObject({ status: "failed", exitCode: 1 });
  });

  test("a report that was written before the claim does not lose the command", async () => {
    const host = await newHost();
    const id = await running(host);

    await host.report(NOTHING);
    await host.report({ type: "state", known: [{ commandId: id, op: "uptime", args: {}, phase: "claiming" }] });
    await host.report(NOTHING);

    expect(command(id)?.status).toBe("running");
  });

  test("a batch that is repeated does not count twice", async () => {
    const host = await newHost();
    const id = await running(host);

    for (let index = 0; index < 3; index += 1) await host.reportAs(7, NOTHING);

    expect(command(id)?.status).toBe("running");
  });

  test("[C45] a clone that knows nothing of it does not lose what the original runs", async () => {
    const host = await newHost();
    const id = await running(host);
    await host.report({ type: "metrics" });
    const clone = host.restarted("clone");

    await clone.report(NOTHING);
    await clone.report(NOTHING);

    expect(command(id)?.status).toBe("running");
  });

  test("a result that comes after it was given up as lost is the truth", async () => {
    const host = await newHost();
    const id = await running(host);
    await host.report(NOTHING);
    await host.report(NOTHING);
    expect(command(id)?.status).toBe("lost");

    await host.report(piece(id, 0, "done\n"));
    await host.finished(id, "succeeded", 5);

    expect(command(id)).toMatchObject({ status: "succeeded", outputBytes: 5 });
    expect(await outputOf(id)).toBe("done\n");
  });

  test("what runs on a host that is not heard of for a day is lost", async () => {
    const host = await newHost();
    await host.report({ type: "metrics", cpu: 1 });
    const id = await running(host);

    now += OFFLINE_AFTER_MS;
    await round(fleet.parts, false);
    expect(fleet.manager.state.hosts.get(host.id)?.online).toBe(false);
    expect(command(id)?.status).toBe("running");
    now += LOST_AFTER_MS;
    await round(fleet.parts, false);

    expect(command(id)?.status).toBe("lost");
  });

  test.each(["running", "ended"] as const)(
    "after a restore, what is %s on an agent and the state doesn't know is adopted",
    async (phase) => {
      const host = await newHost();
      const id = `from-the-future-${phase}`;
      const startedAt = new Date(now - 1000).toISOString();

      await host.report({ type: "state", known: [{ commandId: id, op: "uptime", args: {}, phase, startedAt }] });
      await host.report(piece(id, 0, "hello\n"));
      await host.finished(id, "succeeded", 6);

      expect(command(id)).toMatchObject({
        status: "succeeded",
        host: host.id,
        startedAt,
        requestedBy: `agent:${host.id}`,
      });
      expect(await outputOf(id)).toBe("hello\n");
      expect(actions()).toContain("command_adopted");
    },
  );

  test("what was adopted can be stopped, keeps the host busy, and is given up with the host like any other", async () => {
    const host = await newHost();
    const startedAt = new Date(now).toISOString();
    const entries = ["first", "second"].map((name) => ({ commandId: `${host.id}-${name}`, op: "uptime", args: {} }));
    const known = entries.map((entry) => ({ ...entry, phase: "running" as const, startedAt }));
    await host.report({ type: "state", known });

    const next = await browser.post("/api/dispatch", { op: "disk", hosts: [host.id] });
    await browser.post(`/api/commands/${host.id}-first/cancel`);

    expect(next.body.commands).toMatchObject([{ status: "blocked" }]);
    expect(fleet.manager.space(`agent/${host.id}`)?.state.commands?.get(`${host.id}-first`)).toMatchObject({
      cancelRequested: true,
    });
    now += OFFLINE_AFTER_MS;
    await round(fleet.parts, false);
    now += LOST_AFTER_MS;
    await round(fleet.parts, false);
    expect(entries.map(({ commandId }) => command(commandId)?.status)).toEqual(["lost", "lost"]);
  });

  test("what an agent was told is settled is adopted only where that moment is not part of the history", async () => {
    const host = await newHost();
    const startedAt = new Date(now).toISOString();
    const { settled } = (await host.report(NOTHING)).body as unknown as {
      settled: { epoch: string; version: number };
    };
    const known = [
      { commandId: "evicted", settled },
      { commandId: "beyond-the-restore", settled: { ...settled, version: settled.version + 1_000_000 } },
      { commandId: "of-an-unknown-epoch", settled: { epoch: "unknown", version: 1 } },
    ].map((entry) => ({ ...entry, op: "uptime", args: {}, phase: "ended" as const, startedAt }));

    await host.report({ type: "state", known });
    const answer = await host.finished("evicted", "succeeded", 6);

    expect(known.map((entry) => command(entry.commandId) !== undefined)).toEqual([false, true, true]);
    expect(answer.body.finished).toEqual(["evicted"]);
  });

  test("a host that was online when the server stopped has a day from then on, however long ago its command began", async () => {
    const host = await newHost();
    const id = await running(host);
    now += LOST_AFTER_MS - 1000;
    await host.report({ type: "state", known: [{ commandId: id, op: "uptime", args: {}, phase: "running" }] });
    // Not stored: after a restart it is gone.
    await fleet.parts.transactions.transact((work) => work.change("host_metrics_removed", host.id, {}));

    now += OFFLINE_AFTER_MS;
    await round(fleet.parts, false);

    expect(fleet.manager.state.hosts.get(host.id)).toMatchObject({ online: false, offlineSince: expect.any(String) });
    expect(command(id)?.status).toBe("running");
    await host.report({ type: "metrics" });
    expect(fleet.manager.state.hosts.get(host.id)).not.toHaveProperty("offlineSince");
  });

  test("a report whose host is removed before its turn comes leaves nothing", async () => {
    const host = await newHost();
    await browser.call("DELETE", `/api/hosts/${host.id}`);
    const startedAt = new Date(now).toISOString();
    const known = [{ commandId: "of-a-ghost", op: "uptime", args: {}, phase: "running" as const, startedAt }];
    const from = { hostId: host.id, presence: fleet.parts.presences.of(host.id), inHistory: () => false };
    const request = {
      instance: "i",
      seq: 1,
      reports: [{ type: "metrics" as const }, { type: "state" as const, known }],
    };

    await expect(fleet.parts.transactions.transact((work) => acceptReports(work, request, from))).rejects.toMatchObject(
      {
        code: "not_signed_in",
      },
    );

    expect(fleet.manager.state.metrics.has(host.id)).toBe(false);
    expect(command("of-a-ghost")).toBeUndefined();
  });

  test("what never started is nothing to adopt", async () => {
    const host = await newHost();

    await host.report({
      type: "state",
      known: [{ commandId: "never-started", op: "uptime", args: {}, phase: "claiming" }],
    });

    expect(command("never-started")).toBeUndefined();
  });
});

describe("heartbeats", () => {
  beforeAll(async () => {
    browser = await signInAgain();
  });

  test("metrics are shown as they come, and make the host online", async () => {
    const host = await newHost();
    now += OFFLINE_AFTER_MS;
    await round(fleet.parts, false);
    expect(fleet.manager.state.hosts.get(host.id)?.online).toBe(false);

    await host.report({ type: "metrics", cpu: 12.5, ram: 40, load1: 0.5 });

    expect(fleet.manager.state.metrics.get(host.id)).toEqual({
      id: host.id,
      cpu: 12.5,
      ram: 40,
      load1: 0.5,
      lastSeenAt: new Date(now).toISOString(),
    });
    expect(fleet.manager.state.hosts.get(host.id)?.online).toBe(true);
    expect(actions().slice(-4)).toContain("host_online");
  });

  test("[C36] a file system's path is text, and what a heartbeat leaves out is not shown any more", async () => {
    const host = await newHost();
    const full = { path: "/data\u202e\n", used: 91 };

    await host.report({ type: "metrics", disk: 91, fileSystems: [full], netIn: 1_200, cores: 8 });
    const before = fleet.manager.state.metrics.get(host.id);
    await host.report({ type: "metrics", cores: 8 });

    expect(before).toMatchObject({
      disk: 91,
      fileSystems: [{ path: "/data\ufffd ", used: 91 }],
      netIn: 1_200,
      cores: 8,
    });
    expect(fleet.manager.state.metrics.get(host.id)).not.toHaveProperty("fileSystems");
    expect((await host.report({ type: "metrics", fileSystems: new Array(33).fill(full) })).status).toBe(400);
  });

  test("a clock that is off is noted at its host, and costs no change for as long as it goes on so", async () => {
    const host = await newHost();
    const offset = () => fleet.manager.state.hosts.get(host.id)?.clockOffset;
    const ahead = (ms: number) => new Date(now + ms).toISOString();

    await host.reportAtTime(ahead(2_000), { type: "metrics" });
    expect(offset()).toBeUndefined();
    await host.reportAtTime(ahead(300_000), { type: "metrics" });
    const noted = fleet.manager.state.hosts.get(host.id);
    expect(noted?.clockOffset).toEqual({ ms: 300_000, measuredAt: ahead(0) });
    now += 61_000;
    await host.reportAtTime(ahead(301_000), { type: "metrics" });
    expect(fleet.manager.state.hosts.get(host.id)).toBe(noted);
    await host.report({ type: "metrics" });
    expect(offset()).toEqual(noted?.clockOffset);
    await host.reportAtTime(ahead(0), { type: "metrics" });
    expect(offset()).toBeUndefined();
  });

  test("a round that is decided right behind a report finds the host heard", async () => {
    const host = await newHost();

    for (let turn = 0; turn < 5; turn += 1) {
      now += OFFLINE_AFTER_MS;
      await round(fleet.parts, false);
      await amidRounds(host.id, host.report({ type: "metrics" }));

      expect(fleet.manager.state.hosts.get(host.id)?.online).toBe(true);
    }
  });

  test("hello replaces what the agent is and allows, old checks included", async () => {
    const host = await newHost();
    const checkedAt = new Date(now).toISOString();
    const facts = { type: "hello", hostname: "renamed", os: "Linux", arch: "arm64", agentVersion: "2.0.0" } as const;
    await host.report({ ...facts, ops: [], checks: { packages: { status: "ok", message: "", checkedAt } } });

    await host.report({
      ...facts,
      ops: [{ name: "disk", args: [] }],
      checks: { disk: { status: "unknown", message: "?", checkedAt } },
    });

    expect(fleet.manager.state.hosts.get(host.id)).toMatchObject({
      hostname: "renamed",
      agentVersion: "2.0.0",
      ops: [{ name: "disk" }],
    });
    expect(Object.keys(fleet.manager.state.hosts.get(host.id)?.checks ?? {})).toEqual(["disk"]);
  });

  test("[C10] an agent that tells more than this server knows is heard, and only what is named is stored", async () => {
    const host = await enrollHost(browser, "newer-agent");
    const facts = { hostname: "newer-agent", os: "Linux", arch: "x64", agentVersion: "9.0.0", newer: { deep: [1] } };

    const answer = await host.report(
      { type: "hello", ...facts, ops: [], checks: {} },
      { type: "metrics", cpu: 12.5, ...{ newer: 7 } },
    );

    const { hosts, metrics } = fleet.manager.state;
    expect(answer.status).toBe(200);
    expect(hosts.get(host.id)).toMatchObject({ online: true, agentVersion: "9.0.0" });
    expect(metrics.get(host.id)).toMatchObject({ cpu: 12.5 });
    expect(JSON.stringify([hosts.get(host.id), metrics.get(host.id)])).not.toContain('"newer"');
  });

  test("[C10] a report that is none is refused whole, with 400", async () => {
    const host = await newHost();
    const before = fleet.manager.version;

    const answer = await host.report({ type: "metrics", cpu: 1 }, { type: "metrics", cpu: 200 });

    expect(answer.body).toMatchObject({ status: 400, code: "bad_request" });
    expect(fleet.manager.version).toBe(before);
  });
});

/** Resolves with it; until then changes are stored, and rounds decided with them. */
async function amidRounds(hostId: string, report: Promise<unknown>): Promise<void> {
  const others: Promise<unknown>[] = [];
  let answered = false;
  const ended = report.finally(() => {
    answered = true;
  });
  for (let n = 0; !answered; n += 1) {
    const agentVersion = `1.0.${n}`;
    others.push(fleet.parts.transactions.transact((work) => work.change("host_updated", hostId, { agentVersion })));
    others.push(round(fleet.parts, false));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all([ended, ...others]);
}

/** The clock of these tests has passed the session's end. */
async function signInAgain(): Promise<Browser> {
  return signIn({ ...fleet, signInLink: fleet.parts.setupLink.make(fleet.address, now) });
}
