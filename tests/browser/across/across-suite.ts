/** These are promises of the whole product, from a host to the page, which hold in every browser. */

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ended, removeWithProcesses, runs } from "@neverstale/base/test-processes";
import type { Command } from "@neverstale/fleet-domain";
import { PAGE_SCREENS } from "@neverstale/fleet-domain/schema-free";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { atLeisure } from "../../leisure.ts";
import { Admin, Machine } from "../api.ts";
import { FleetProcess } from "../fleet-process.ts";
import { type AnyPage, DrivenPage } from "./driven-page.ts";
import { KeptWriter } from "./kept-writer.ts";

export interface AnyBrowser {
  /** It opens a tab that has the cookie, `name=value`, of a session at that address. */
  newPage(address: string, cookie: string): Promise<AnyPage>;
  close(): Promise<void>;
}

const LINES = 30;
const COUNT = `let n = 0; const timer = setInterval(() => {
  n += 1; console.log("counted " + n); if (n === ${LINES}) clearInterval(timer); }, 150);`;
const AGENT_YAML = JSON.stringify({ ops: { count: { title: "Count", argv: [process.execPath, "-e", COUNT] } } });
/** The second wave does not begin when a host of the first one fails. */
const FLEET_YAML = `
pipelines:
  rollout: { title: Roll it out, stages: [fetch, install], waves: [2, rest], max_fail: 0% }
`;
const OPS = ["speak", "fetch", "install"].map((name) => ({ name, title: name, args: [] }));

export function describeAcross(launch: () => Promise<AnyBrowser>): void {
  const dataDir = mkdtempSync(join(tmpdir(), "neverstale-across-"));
  const fleet = new FleetProcess({ localAgent: true, dataDir });
  const started: ChildProcess[] = [];
  const roots: string[] = [];
  const machines: Machine[] = [];
  let browser: AnyBrowser;
  let admin: Admin;
  let page: DrivenPage;

  beforeAll(async () => {
    writeFileSync(join(dataDir, "fleet.yaml"), FLEET_YAML);
    mkdirSync(join(dataDir, "agent"), { mode: 0o700 });
    writeFileSync(join(dataDir, "agent/agent.yaml"), AGENT_YAML);
    browser = await launch();
    await fleet.start();
    admin = await Admin.signIn(fleet.address);
    for (const name of ["app-1", "app-2", "app-3"])
      machines.push(await Machine.enroll(fleet.address, admin, name, "TestOS 1", OPS));
    page = new DrivenPage(await browser.newPage(fleet.address, admin.cookie));
    await page.open(`${fleet.address}/hosts`);
  });

  afterAll(async () => {
    for (const machine of machines) machine.hush();
    await browser.close();
    await Promise.all(started.map((child) => ended(child, "SIGTERM")));
    for (const root of roots) await removeWithProcesses(root);
    await fleet.remove();
  });

  afterEach(async ({ task }) => {
    if (task.result?.state === "fail") console.error(`${await page.text()}\n${fleet.log}`);
  });

  test("the line that the page shows enrols a host, which is there without a reload", async () => {
    await page.shows("app-1");
    await page.press(/^Add hosts$/);
    while ((await page.run<string>(VALUE_OF_LINE)) === "") {
      await page.press(/^Make the line$/);
      // The first line waits for the agent to be packed, for which the page has no patience on a slow machine.
      const outcome = `(${VALUE_OF_LINE}) !== "" || document.body.innerText.includes("can't be reached")`;
      await expect.poll(() => page.run<boolean>(outcome)).toBe(true);
    }
    const line = await page.run<string>(VALUE_OF_LINE);
    await page.press(/^Done$/);

    const root = mkdtempSync(join(tmpdir(), "neverstale-enrolled-"));
    roots.push(root);
    const here = line.trim().replace(/\)$/, ` --no-service --hostname from-the-page --root ${root})`);
    started.push(spawn("sh", ["-c", here], { stdio: "ignore" }));

    await expect.poll(() => hostCount()).toBe(5);
    await expect.poll(async () => (await page.run<number>(ROWS)) >= 5).toBe(true);
  });

  test("an agent that is killed amid a run is started again, and the page has all of the output and its true end", async () => {
    const host = (await admin.hosts()).find(({ ops }) => ops.some(({ name }) => name === "count"));
    await expect.poll(() => agentPid()).not.toBeNull();
    const id = await admin.dispatch("count", [host?.id ?? ""]);
    await page.open(`${fleet.address}/runs?out=${id}&tab=${id}`);
    await page.shows("counted 3", ".output-text");

    process.kill(agentPid() ?? 0, "SIGKILL");

    await page.shows(/Succeeded/, ".output-facts");
    await page.shows(`counted ${LINES}`, ".output-text");
    expect(await outputLines()).toEqual(Array.from({ length: LINES }, (_, index) => `counted ${index + 1}`));
  });

  test("a retry from the page has exactly the hosts that failed and those that were not started", async () => {
    const [failing, well, waiting] = machines as [Machine, Machine, Machine];
    const made = await admin.ask("/api/dispatch/pipeline", {
      pipeline: "rollout",
      hosts: machines.map(({ hostId }) => hostId),
    });
    const { pipelineId } = made as { pipelineId: string };
    await finish(well, "succeeded");
    await finish(well, "succeeded");
    await finish(failing, "failed");
    await page.open(`${fleet.address}/pipelines/${pipelineId}`);

    await page.press(/^Retry these and 1 not started/);

    await expect.poll(() => page.path !== `/pipelines/${pipelineId}` && page.path.startsWith("/pipelines/")).toBe(true);
    const again = page.path.slice("/pipelines/".length);
    const pipelines = (await admin.state()).state.pipelines as unknown as { id: string; hosts: readonly string[] }[];
    expect(pipelines.find(({ id }) => id === again)?.hosts.toSorted()).toEqual(
      [failing.hostId, waiting.hostId].toSorted(),
    );
    await admin.ask(`/api/pipelines/${again}/cancel`);
  });

  test("while the server is away every screen says how old its values are, and none passes for new", async () => {
    await page.open(`${fleet.address}/hosts`);
    await page.isLive();
    await fleet.killHard();
    for (const screen of PAGE_SCREENS) {
      await page.run(`history.pushState(null, "", "/${screen}"); window.dispatchEvent(new PopStateEvent("popstate"))`);
      await page.shows(/data from \d\d:\d\d:\d\d \(.+ old\)/, "[data-badge]");
      expect([screen, await page.run(`document.querySelectorAll(".frame.is-old").length`)]).toEqual([screen, 1]);
      await expect.poll(() => page.run<number>(`document.querySelectorAll("h1").length`)).toBeGreaterThan(0);
    }
    await fleet.start();
    await page.isLive();
    expect(await page.run(`document.querySelectorAll(".frame.is-old").length`)).toBe(0);
  });

  test("a server that is killed amid a run: no hole in the output, all right within 1 s of the connection, and 6 s after it listens", async () => {
    const [machine] = machines as [Machine];
    const id = await admin.dispatch("speak", [machine.hostId]);
    await machine.claim(id);
    const writer = new KeptWriter(machine, id);
    writer.begin(100, (line) => `line ${line}`);
    await page.open(`${fleet.address}/hosts?out=${id}&tab=${id}`);
    await page.shows("line 5", ".output-text");
    await page.run(NOTE_CONNECTIONS);

    await fleet.killHard();
    await page.shows(/Reconnecting/, "[data-badge]");
    const before = writer.lines;
    await expect.poll(() => writer.lines).toBeGreaterThan(before + 5);
    await fleet.start();
    const listensAt = Date.now();
    await page.run(`window.wanted = "line ${before + 5}"`);
    await page.isLive();
    await expect.poll(() => page.run<number>("window.rightAt ?? 0")).toBeGreaterThan(0);
    await writer.finish();
    await page.shows(/Succeeded/, ".output-facts");

    await page.shows(`line ${writer.lines}`, ".output-text");
    expect(await outputLines()).toEqual(Array.from({ length: writer.lines }, (_, index) => `line ${index + 1}`));
    const [connectedAt, rightAt] = await page.run<[number, number]>("[window.connectedAt, window.rightAt]");
    expect(connectedAt).toBeGreaterThan(0);
    expect(rightAt - connectedAt).toBeLessThan(atLeisure(1_000));
    expect(rightAt - listensAt).toBeLessThan(atLeisure(6_000));
  });

  async function hostCount(): Promise<number> {
    return (await admin.hosts()).length;
  }

  /** The newest line of the agent's log names the process that works now. */
  function agentPid(): number | null {
    const path = join(dataDir, "agent/agent.log");
    const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
    const last = lines.findLast((line) => line.includes('"msg":"working"'));
    const pid: unknown = last === undefined ? null : JSON.parse(last).pid;
    return typeof pid === "number" && runs(pid) ? pid : null;
  }

  async function outputLines(): Promise<string[]> {
    return (await page.text(".output-text")).trim().split(/\n+/);
  }

  /** The command whose turn it is on the host is claimed, and ends so. Those of later stages wait. */
  async function finish(machine: Machine, status: "succeeded" | "failed"): Promise<void> {
    let commandId = "";
    await expect
      .poll(async () => {
        const commands = (await admin.state()).state.commands as unknown as readonly Command[];
        for (const { id, host, status: now } of commands)
          if (commandId === "" && host === machine.hostId && now === "pending")
            commandId = await machine.claim(id).then(
              () => id,
              () => "",
            );
        return commandId;
      })
      .not.toBe("");
    const finishedAt = new Date().toISOString();
    await machine.report({
      type: "finished",
      commandId,
      status,
      exitCode: status === "failed" ? 1 : 0,
      finishedAt,
      outputBytes: 0,
    });
  }
}

const VALUE_OF_LINE = `[...document.querySelectorAll("textarea")].map(({ value }) => value).find((value) => value.includes("--enroll-token")) ?? ""`;
const ROWS = `document.querySelectorAll(".hosts tbody tr, .hosts [role=row]").length`;
/** This runs in the page. It notes when a connection opens, and when the text that is wanted is shown. */
const NOTE_CONNECTIONS = `(() => {
  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(...given) {
      super(...given);
      this.addEventListener("open", () => { window.connectedAt ??= Date.now(); });
    }
  };
  const look = () => {
    if (window.wanted === undefined || window.rightAt !== undefined) return;
    if (document.querySelector(".output-text")?.textContent?.includes(window.wanted)) window.rightAt = Date.now();
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
  setInterval(look, 20);
})()`;
