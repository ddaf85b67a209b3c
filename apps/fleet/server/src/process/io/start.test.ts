import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ended } from "@neverstale/base/test-processes";
import { COMMAND_LIMIT } from "@neverstale/fleet-domain";
import { sqliteStore } from "@neverstale/store-sqlite";
import { afterEach, describe, expect, test } from "vitest";
import {
  Browser,
  closeCode,
  cookieSetBy,
  Fleets,
  HostAgent,
  onlineHost,
  send,
  signIn,
  upgrade,
} from "../../fleet/fleet-suite.ts";
import { accountsIn } from "../../fleet/state.ts";
import { backupFleet, restoreFleet } from "./backup.ts";
import { databaseIn } from "./data-directory.ts";
import { round } from "./rounds.ts";
import { checkSettings } from "./settings.ts";
import type { RunningFleet } from "./start.ts";

/** As in tests/leisure.ts, which a package can't import. */
const LEISURE = Number(process.env.NEVERSTALE_TEST_LEISURE ?? 30);

const fleets = new Fleets();
const processes: ChildProcess[] = [];
/** On a busy machine starting a process takes its time. */
afterEach(async () => {
  await Promise.all(processes.splice(0).map((child) => ended(child)));
  await fleets.end();
});

function startOn(dataDir: string, localAgent = false): Promise<RunningFleet> {
  return fleets.start({ dataDir, localAgent, store: sqliteStore(databaseIn(dataDir)) });
}

function movedTo(fleet: RunningFleet, browser: Browser): Browser {
  const secret = browser.cookie.split("=")[1] ?? "";
  return new Browser(fleet, `neverstale_${new URL(fleet.address).port}=${secret}`, browser.csrf);
}

describe("after a restart on the same file", () => {
  test("[D1] a repeated dispatch gets the first ids, and today's epoch", async () => {
    const dataDir = fleets.directory();
    const first = await startOn(dataDir);
    const browser = await signIn(first);
    const host = await onlineHost(browser, "web-1");
    const body = { op: "uptime", hosts: [host.id] };
    const before = await browser.post("/api/dispatch", body, { "idempotency-key": "key" });
    await first.close();

    const second = await startOn(dataDir);
    const after = await movedTo(second, browser).post("/api/dispatch", body, { "idempotency-key": "key" });
    const other = await movedTo(second, browser).post(
      "/api/dispatch",
      { ...body, op: "disk" },
      { "idempotency-key": "key" },
    );

    expect(after.body.commands).toEqual(before.body.commands);
    expect(after.body).toMatchObject({ epoch: second.manager.epoch, version: before.body.version });
    expect(after.body.epoch).not.toBe(before.body.epoch);
    expect(other.body).toMatchObject({ code: "key_reused" });
    expect(second.manager.state.commands.size).toBe(1);
  });

  test("[C16] sessions and credentials live on, and a pipeline goes on where it was", async () => {
    const dataDir = fleets.directory();
    const first = await startOn(dataDir);
    const browser = await signIn(first);
    const host = await onlineHost(browser, "web-1");
    await browser.post("/api/dispatch/pipeline", { pipeline: "health", hosts: [host.id] });
    const [stage0] = [...first.manager.state.commands.values()].filter((command) => command.stage === 0);
    await host.claim(stage0?.id ?? "");
    await first.close();

    const second = await startOn(dataDir);
    expect(second.signInLink).toBeNull();
    expect((await movedTo(second, browser).get("/api/session")).body).toMatchObject({
      user: "admin",
      csrfToken: browser.csrf,
    });
    const moved = new HostAgent(second.address, host.id, host.credential, host.instance);
    await moved.finished(stage0?.id ?? "", "succeeded");
    for (const stage of [1, 2]) {
      const next = [...second.manager.state.commands.values()].find((command) => command.stage === stage);
      await moved.run(next?.id ?? "");
    }

    expect([...second.manager.state.pipelines.values()]).toMatchObject([{ status: "complete" }]);
  });

  test("the output of a command that left the state is still there", async () => {
    const dataDir = fleets.directory();
    const first = await startOn(dataDir);
    const browser = await signIn(first);
    const host = await onlineHost(browser, "web-1");
    const { body } = await browser.post("/api/dispatch", { op: "uptime", hosts: [host.id] });
    const [{ id }] = body.commands as unknown as [{ id: string }];
    await host.claim(id);
    await host.report({ type: "output", commandId: id, offset: 0, bytes: 3, text: "up\n" });
    await host.finished(id, "succeeded", 3);
    const { result: record } = await first.parts.transactions.transact((work) => work.fleet.commands.get(id));
    await first.parts.transactions.transact((work) => {
      for (let index = 0; index < COMMAND_LIMIT && record !== undefined; index += 1)
        work.change("command_started", host.id, { ...record, id: `later-${index}` });
    });
    await round(first.parts, true);
    expect(first.manager.space(`output/${id}`)).toBeNull();
    await first.close();

    const second = await startOn(dataDir);

    expect((await movedTo(second, browser).get(`/api/commands/${id}/output`)).text).toBe("up\n");
  });

  test("a second server on the same data is refused, with a clear reason", async () => {
    const dataDir = fleets.directory();
    await startOn(dataDir);

    await expect(startOn(dataDir)).rejects.toMatchObject({ code: "store_locked" });
  });

  test("[E3] after a restore a client that had seen more is not resumed", async () => {
    const dataDir = fleets.directory();
    const backup = join(fleets.directory(), "backup.db");
    const first = await startOn(dataDir);
    const browser = await signIn(first);
    await backupFleet(dataDir, backup);
    await onlineHost(browser, "lost-with-the-restore");
    const { epoch, version } = first.manager;
    const creationId = first.manager.space("main")?.creationId ?? "";
    await first.close();

    expect(restoreFleet(dataDir, backup).replaced).toContain("fleet.db");
    const second = await startOn(dataDir);
    const moved = movedTo(second, browser);
    const headers = { cookie: moved.cookie, origin: second.address };
    const position = `epoch=${epoch}&space=${creationId}&version=${version}`;
    const { first: message, socket } = await upgrade(second, `/sync?${position}`, headers, [
      "neverstale.v1",
      `csrf.${browser.csrf}`,
    ]);

    expect(JSON.parse(await message)).toMatchObject({
      type: "init",
      epoch: second.manager.epoch,
      payload: { hosts: [] },
    });
    socket.terminate();
  });
});

test("who asks for a socket in the last moment doesn't keep the server from ending", async () => {
  const fleet = await fleets.start();
  const { port } = new URL(fleet.address);
  const late = connect(Number(port), "127.0.0.1");
  const ended = new Promise((resolve) => late.once("close", resolve));
  late.on("error", () => {}).resume();
  late.write(`GET /sync HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`);
  await delay(100);

  const closed = fleet.close();
  await delay(500); // The sockets have been sent away, and nobody is there to judge another one.
  late.write("\r\n");

  await closed;
  await ended;
});

test("a start that fails when it listens already leaves nothing that listens", async () => {
  const dataDir = fleets.directory();
  writeFileSync(join(dataDir, "agent"), "in the way of the local agent's directory");
  const lines: string[] = [];

  await expect(fleets.start({ dataDir, localAgent: true, print: (line) => lines.push(line) })).rejects.toThrow(
    "EEXIST",
  );

  const address = lines[0]?.replace("listening on ", "") ?? "";
  await expect(send(address, "GET", "/healthz")).rejects.toThrow("ECONNREFUSED");
});

test("an admin's password that is too short is refused at the start", async () => {
  await expect(fleets.start({ adminPassword: "short" })).rejects.toThrow("15 characters");
});

/** The server as a process of its own. */
interface Served {
  readonly child: ChildProcess;
  readonly address: string;
  readonly lines: string[];
  readonly errors: string[];
  readonly exit: Promise<number | null>;
}

async function serve(dataDir: string, options: Record<string, unknown> = {}): Promise<Served> {
  const entry = new URL("../../index.ts", import.meta.url).href;
  const settings = JSON.stringify({ port: 0, dataDir, localAgent: false, ...options });
  const code = `import { runFleet } from ${JSON.stringify(entry)}; await runFleet(${settings});`;
  const child = spawn(process.execPath, ["--conditions=source", "--input-type=module", "-e", code], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  processes.push(child);
  const lines: string[] = [];
  const errors: string[] = [];
  const exit = new Promise<number | null>((resolve) => child.once("exit", resolve));
  child.stderr?.on("data", (part: Buffer) => errors.push(part.toString()));
  child.stdout?.on("data", (part: Buffer) =>
    lines.push(
      ...part
        .toString()
        .split("\n")
        .filter((line) => line !== ""),
    ),
  );
  await expect.poll(() => (child.exitCode === null ? lines.length : errors.join(""))).toBeGreaterThan(0);
  const address = /^listening on (http:\/\/127\.0\.0\.1:\d+)$/.exec(lines[0] ?? "")?.[1] ?? "";
  return { child, address, lines, errors, exit };
}

async function signInTo({
  address,
  lines,
}: Served): Promise<{ cookie: string; origin: string; "x-csrf-token": string }> {
  await expect.poll(() => lines[1]).toContain("#setup=");
  const token = /#setup=(.+)$/.exec(lines[1] ?? "")?.[1];
  const answer = await send(address, "POST", "/api/setup", { body: { token }, headers: { origin: address } });
  return { cookie: cookieSetBy(answer), origin: address, "x-csrf-token": String(answer.body.csrfToken) };
}

describe("as a process", () => {
  test("says where it listens, logs JSON lines, and drains on SIGTERM: sockets get 1012, exit status 0", async () => {
    const dataDir = fleets.directory();
    const served = await serve(dataDir);
    const headers = await signInTo(served);
    const fleet = { address: served.address } as RunningFleet;
    const { socket } = await upgrade(fleet, "/sync", { cookie: headers.cookie, origin: headers.origin });
    const closed = closeCode(socket);

    const startedMs = performance.now();
    served.child.kill("SIGTERM");

    expect(await closed).toBe(1012);
    expect(await served.exit).toBe(0);
    expect(performance.now() - startedMs).toBeLessThan(5_000 * LEISURE);
    for (const line of served.errors.join("").split("\n"))
      if (line !== "") expect(() => JSON.parse(line)).not.toThrow();
    expect(served.errors.join("")).not.toContain(headers.cookie.split("=")[1]);
  });

  test("[P3] kill -9 loses nothing that was answered", async () => {
    const dataDir = fleets.directory();
    const served = await serve(dataDir);
    const headers = await signInTo(served);
    const made = await send(served.address, "POST", "/api/enrollment-tokens", {
      body: { label: "before the crash" },
      headers,
    });
    expect(made.status).toBe(201);

    served.child.kill("SIGKILL");
    await served.exit;
    const again = await startOn(dataDir);

    expect([...(accountsIn(again.manager)?.enrollmentTokens.values() ?? [])].map((token) => token.label)).toContain(
      "before the crash",
    );
  });

  test("the local agent lives on when the server is killed; the next server finds it, and ends it when it is stopped", async () => {
    const dataDir = fleets.directory();
    const first = await serve(dataDir, { localAgent: true });
    const headers = await signInTo(first);
    const hosts = async (address: string, cookie: string) => {
      const answer = await send(address, "GET", "/api/state", { headers: { cookie } });
      return (answer.body.state as unknown as { hosts: { id: string; online: boolean }[] }).hosts;
    };
    await expect.poll(() => hosts(first.address, headers.cookie)).toMatchObject([{ online: true }]);
    const [agent = 0, ...others] = agentsOf(dataDir);
    expect([agent > 0, others]).toEqual([true, []]);

    first.child.kill("SIGKILL");
    await first.exit;
    await delay(500);
    expect(isAlive(agent)).toBe(true);
    const { port } = new URL(first.address);
    const second = await serve(dataDir, { localAgent: true, port: Number(port) });
    await expect.poll(() => second.errors.join("")).toContain("a local agent runs already");
    expect(await hosts(second.address, headers.cookie)).toHaveLength(1);

    second.child.kill("SIGTERM");
    expect(await second.exit).toBe(0);
    await expect.poll(() => isAlive(agent)).toBe(false);
  });
});

describe("the local agent", () => {
  const hostsOf = (fleet: RunningFleet) =>
    [...fleet.manager.state.hosts.values()].map(({ id, online }) => [id, online]);

  test("of a server that was killed goes over to one that listens elsewhere", async () => {
    const dataDir = fleets.directory();
    const first = await serve(dataDir, { localAgent: true });
    await expect.poll(() => readIfThere(join(dataDir, "agent", "agent.log"))).toContain('"working"');
    const [agent = 0] = agentsOf(dataDir);
    first.child.kill("SIGKILL");
    await first.exit;

    const second = await startOn(dataDir, true);

    expect(second.address).not.toBe(first.address);
    await expect.poll(() => isAlive(agent)).toBe(false);
    await expect.poll(() => hostsOf(second)).toEqual([[expect.any(String), true]]);
  });

  test("whose host was removed stays away until it is asked for", async () => {
    const dataDir = fleets.directory();
    const first = await startOn(dataDir, true);
    const browser = await signIn(first);
    await expect.poll(() => hostsOf(first)).toEqual([[expect.any(String), true]]);
    const [[id]] = hostsOf(first) as [[string, boolean]];
    await browser.call("DELETE", `/api/hosts/${id}`);
    await expect.poll(() => agentsOf(dataDir)).toEqual([]);
    await first.close();

    const second = await startOn(dataDir, true);
    expect(agentsOf(dataDir)).toEqual([]);
    expect([...(accountsIn(second.manager)?.enrollmentTokens.values() ?? [])].filter(({ usedBy }) => !usedBy)).toEqual(
      [],
    );
    await second.close();

    rmSync(join(dataDir, "agent", "credential.json"));
    const third = await startOn(dataDir, true);
    await expect.poll(() => hostsOf(third)).toEqual([[`${id}-2`, true]]);
  });
});

/** Agents that outlive their server, as they should: they say who they are in their log. */
function agentsOf(dataDir: string): number[] {
  const log = readIfThere(join(dataDir, "agent", "agent.log"));
  const pids = new Set([...log.matchAll(/"pid":(\d+)/g)].map((match) => Number(match[1])));
  return [...pids].filter((pid) => readIfThere(`/proc/${pid}/cmdline`).includes(dataDir));
}

function readIfThere(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test.each([
  [{ hostLimits: { recordBytes: 0 } }, "`recordBytes` of `hostLimits`"],
  [{ socketLimits: { agent: Number.NaN } }, "`agent` of `socketLimits`"],
  [{ connectionLimits: { all: -1 } }, "`all` of `connectionLimits`"],
  [{ rateLimits: { session: { burst: "3", perSecond: 1 } } }, "`burst` of `rateLimits.session`"],
  [{ rateLimits: { sessions: { burst: 3, perSecond: 1 } } }, "`rateLimits` has no `sessions`"],
])("[A10] a bound that can't be one is refused before anything is opened: %j", (options, named) => {
  expect(() => checkSettings(options as never)).toThrow(named);
});
