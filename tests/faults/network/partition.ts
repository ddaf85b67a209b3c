/** The cable is pulled for some seconds between a client and the server: packets vanish, and neither side is told. */

import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { until } from "../../engine/authority-process.ts";
import { CannotRun, type Found, main, pause } from "../stage/fault.ts";
import type { Followed } from "../stage/follower.ts";
import { atMost, Ledger } from "../stage/ledger.ts";
import { Stage } from "../stage/stage.ts";

const BEACON_MS = 1_000;

export async function partition({ ms = 15_000 } = {}): Promise<Found> {
  using cable = new Cable();
  await using stage = new Stage(BEACON_MS);
  const { authority } = stage;
  authority.env = { ...process.env, HOST: "0.0.0.0" };
  const ledger = new Ledger();
  await authority.start();
  await ledger.writeUntilRefused(authority, { enough: atMost(50) });
  const lines: Followed[] = [];
  const client = cable.follow(`ws://${cable.address}:${authority.port}/sync`, lines);
  try {
    await until("the client is live", () => lines.at(-1)?.status === "live");

    cable.pull();
    const pulledAt = performance.now();
    await until("the client no longer says that it is live", () => lines.at(-1)?.status !== "live");
    const noticedMs = performance.now() - pulledAt;
    assert.ok(noticedMs < 2 * BEACON_MS + 1_000, `only noticed after ${noticedMs} ms`);
    const said = lines.at(-1)?.status;
    await ledger.writeUntilRefused(authority, { enough: atMost(200) });
    await pause(ms - (performance.now() - pulledAt));
    cable.plugIn();
    const pluggedAt = performance.now();
    const { digest, version, epoch } = await authority.facts();
    await until("the client is live again", () => lines.at(-1)?.status === "live");
    const healedMs = performance.now() - pluggedAt;
    assert.ok(healedMs < 2 * BEACON_MS + 5_000 + 8_000, `only healed after ${healedMs} ms`);
    await until("it shows what the authority has", () => lines.at(-1)?.digest === digest);

    assert.deepEqual([lines.at(-1)?.version, lines.at(-1)?.epoch], [version, epoch]);
    const { sync } = await authority.facts();
    assert.deepEqual(sync.fullStates, { first: 1 }, "it resumed by diff");
    const did = `a virtual cable between two network namespaces pulled for ${ms / 1000} s, changes meanwhile`;
    const seen = `the client said ${said} after ${Math.round(noticedMs)} ms; live again ${Math.round(healedMs)} ms after the cable was back, by one diff`;
    return { did, acknowledged: ledger.acknowledged, recovered: await ledger.recovered(authority), seen };
  } finally {
    client.kill("SIGKILL");
  }
}

/** The cable joins two network namespaces. */
class Cable implements Disposable {
  readonly #namespace = `neverstale-${process.pid}`;
  readonly #near = `nst${process.pid}`.slice(0, 14);
  readonly #subnet = `10.${199 + (process.pid % 50)}.77`;

  constructor() {
    const added = spawnSync("ip", ["netns", "add", this.#namespace]);
    if (added.status !== 0)
      throw new CannotRun("no network namespace can be made", "apt-get install iproute2, and run it as root");
    const far = `${this.#near}p`;
    this.#ip("link", "add", this.#near, "type", "veth", "peer", "name", far);
    this.#ip("link", "set", far, "netns", this.#namespace);
    this.#ip("addr", "add", `${this.address}/24`, "dev", this.#near);
    this.#ip("link", "set", this.#near, "up");
    this.#ip("-n", this.#namespace, "addr", "add", `${this.#subnet}.2/24`, "dev", far);
    this.#ip("-n", this.#namespace, "link", "set", far, "up");
  }

  get address(): string {
    return `${this.#subnet}.1`;
  }

  /** Starts a client at the other end, as a process of its own. */
  follow(url: string, lines: Followed[]): ChildProcess {
    const script = fileURLToPath(new URL("../stage/follower.ts", import.meta.url));
    const command = [process.execPath, "--conditions=source", script, url];
    const client = spawn("ip", ["netns", "exec", this.#namespace, ...command], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    createInterface({ input: client.stdout }).on("line", (line) => lines.push(JSON.parse(line) as Followed));
    return client;
  }

  pull(): void {
    this.#ip("link", "set", this.#near, "down");
  }

  plugIn(): void {
    this.#ip("link", "set", this.#near, "up");
  }

  #ip(...args: string[]): void {
    execFileSync("ip", args, { stdio: "pipe" });
  }

  [Symbol.dispose](): void {
    spawnSync("ip", ["link", "del", this.#near]);
    spawnSync("ip", ["netns", "del", this.#namespace]);
  }
}

if (import.meta.main) await main(() => partition());
