/** `neverstale demo` runs here with something of everything: hosts that are lost, work that runs and failed, alerts, a pipeline, an output. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ended, removeWithProcesses } from "@neverstale/base/test-processes";
import type { Command, DispatchAnswer, Host, PipelineAnswer } from "@neverstale/fleet-domain";
import { Admin } from "../api.ts";
import { PASSWORD } from "../fleet-process.ts";

const MAIN = fileURLToPath(new URL("../../../apps/fleet/cli/src/main.ts", import.meta.url));

const FLEET_YAML = `
ops:
  update: { danger: true }
pipelines:
  rollout: { title: Roll out the newest release, stages: [disk, deploy, restart, uptime] }
alerts:
  host-offline: { when: host_offline, for: 1s, severity: critical, title: Hosts are not heard of }
  disk-full: { when: metric, metric: disk, above: 75, for: 1s, title: Disks are almost full }
  deploys: { when: command_failed, ops: [deploy], title: Deploys that failed }
schedules:
  nightly: { cron: "30 2 * * *", time_zone: Europe/Berlin, pipeline: rollout, tags: [made-up] }
`;

export interface DemoSettings {
  readonly hosts: number;
  /** The demo starts some work by itself, every 15 seconds. */
  readonly work: boolean;
}

export class DemoFleet {
  readonly #settings: DemoSettings;
  readonly dataDir = mkdtempSync(join(tmpdir(), "neverstale-shown-"));
  #child: ChildProcess | null = null;
  #admin: Admin | null = null;
  address = "";
  /** This pipeline stopped on some hosts, and this command printed something. */
  pipelineId = "";
  commandId = "";
  /** One dispatch has this name, and this is the version before it, with its epoch. */
  runId = "";
  moment = "";
  /** This host is online, and this one is not. */
  readonly online: Host[] = [];
  readonly lost: Host[] = [];

  constructor(settings: DemoSettings) {
    this.#settings = settings;
  }

  get admin(): Admin {
    if (this.#admin === null) throw new Error("the demo has not begun");
    return this.#admin;
  }

  async start(): Promise<void> {
    writeFileSync(join(this.dataDir, "fleet.yaml"), FLEET_YAML);
    const { hosts, work } = this.#settings;
    const words = [
      "--hosts",
      hosts,
      "--port",
      0,
      "--seed",
      7,
      "--data-dir",
      this.dataDir,
      "--away",
      6,
      "--failing",
      12,
    ];
    const args = ["--conditions=source", MAIN, "demo", ...words.map(String), ...(work ? [] : ["--no-work"])];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    let printed = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (part: Buffer) => (printed += part.toString()));
    await until(() => {
      if (child.exitCode !== null) throw new Error(`the demo did not start:\n${printed}`);
      return printed.includes(`demo: ${hosts} hosts online`);
    });
    const link = /(http:\S+)\/#setup=(\S+)/.exec(printed);
    if (link === null) throw new Error(`no sign-in link was printed:\n${printed}`);
    this.address = link[1] ?? "";
    await setUp(this.address, link[2] ?? "");
    this.#admin = await Admin.signIn(this.address);
    await this.#begin();
  }

  /** Work is begun, and it ends on some hosts in each way there is. */
  async #begin(): Promise<void> {
    const hosts = await this.admin.hosts();
    this.online.push(...hosts.filter((host) => host.online && host.ops.length > 0));
    this.lost.push(...hosts.filter((host) => !host.online));
    const ids = this.online.map(({ id }) => id);
    const few = ids.slice(0, Math.ceil(ids.length / 8));
    await this.admin.ask("/api/users", { name: "maria", role: "operator", tags: ["made-up"] });
    const { version, epoch } = await this.admin.state();
    this.moment = `${version}.${epoch}`;
    const made = await this.admin.ask("/api/dispatch/pipeline", { pipeline: "rollout", hosts: few });
    const deployed = await this.admin.ask("/api/dispatch", { op: "deploy", hosts: ids.slice(-few.length * 2) });
    const { commands: begun, runId } = deployed as DispatchAnswer;
    const ours = new Set(begun.map(({ id }) => id));
    this.runId = runId;
    await until(async () => {
      const commands = (await this.admin.state()).state.commands as unknown as readonly Command[];
      this.commandId = commands.find(({ id, status }) => ours.has(id) && status === "succeeded")?.id ?? "";
      return this.commandId !== "" && ((await this.admin.state()).state.alerts ?? []).length > 0;
    });
    this.pipelineId = (made as PipelineAnswer).pipelineId;
  }

  async end(): Promise<void> {
    await ended(this.#child, "SIGTERM");
    await removeWithProcesses(this.dataDir);
  }
}

async function setUp(address: string, token: string): Promise<void> {
  const answer = await fetch(`${address}/api/setup`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: address },
    body: JSON.stringify({ token, password: PASSWORD }),
  });
  if (!answer.ok) throw new Error(`the set-up was refused: ${await answer.text()}`);
}

const PATIENCE_MS = 240_000;

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (performance.now() > giveUpAt) throw new Error("waited in vain");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
