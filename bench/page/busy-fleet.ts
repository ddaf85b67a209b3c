/** This process is a real fleet server with thousands of hosts, whose records change as those of a busy fleet do. */

import { randomInt } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HostReading } from "@neverstale/fleet-domain";
import type { Work } from "../../apps/fleet/server/src/fleet/work.ts";
import { type RunningFleet, startFleet } from "../../apps/fleet/server/src/process/io/start.ts";
import { serveCalls } from "../harness/processes/rpc.ts";

const FLEET_PASSWORD = "correct horse battery staple";

/** Hosts are added so many at a time, as a transaction has a bound. */
const ADDED_TOGETHER = 500;
const TICK_MS = 10;
/** One of so many updates is a check that was made again, and one of so many is a host that goes or comes back. */
const CHECK_EVERY = 20;
const FLIP_EVERY = 400;
const STATES = ["ok", "ok", "ok", "outdated", "error", "unknown"] as const;
const SYSTEMS = ["Debian 12", "Debian 13", "Ubuntu 24.04", "Rocky 9.4"];
const ROLES = ["web", "db", "cache", "edge", "build", "queue"];
const PLACES = ["Oslo", "Berlin", "Lyon", "Porto"];

const READINGS = new Map<string, readonly number[]>();

let fleet: RunningFleet | null = null;
let ids: readonly string[] = [];
let timer: NodeJS.Timeout | null = null;
let asked = 0;
let failure: unknown = null;

const busyFleet = {
  async start({ hosts }: { readonly hosts: number }): Promise<string> {
    fleet = await startFleet({
      port: 0,
      dataDir: mkdtempSync(join(tmpdir(), "neverstale-page-bench-")),
      localAgent: false,
      adminPassword: FLEET_PASSWORD,
      print: () => {},
    });
    for (let from = 0; from < hosts; from += ADDED_TOGETHER)
      ids = [...ids, ...(await addHosts(fleet, from, Math.min(hosts, from + ADDED_TOGETHER)))];
    for (const id of ids) fleet.parts.presences.heard(id);
    return fleet.address;
  },

  /** From now on so many records change each second. Each of them has a transaction of its own, as a report of an agent has. */
  load({ perSecond }: { readonly perSecond: number }): void {
    const began = performance.now();
    const first = asked;
    timer = setInterval(() => {
      const due = first + Math.floor(((performance.now() - began) / 1_000) * perSecond);
      while (asked < due) void update(asked++).catch((error: unknown) => (failure ??= error));
    }, TICK_MS);
  },

  /** It returns how many updates were asked for, and throws when one has failed. */
  progress(): { readonly asked: number; readonly version: number } {
    if (failure !== null) throw failure;
    return { asked, version: fleet?.manager.version ?? 0 };
  },

  async end(): Promise<void> {
    if (timer !== null) clearInterval(timer);
    await fleet?.close();
  },
};
export type BusyFleet = typeof busyFleet;

async function addHosts({ parts }: RunningFleet, from: number, to: number): Promise<string[]> {
  const { result } = await parts.transactions.transact((work) =>
    Array.from({ length: to - from }, (_, index) => addOne(work, from + index)),
  );
  return result;
}

/** Its name is known to be free. Asking whether each one is takes minutes for thousands of hosts. */
function addOne(work: Work, number: number): string {
  const role = ROLES[number % ROLES.length] ?? "";
  const hostname = `${role}-${String(number).padStart(5, "0")}`;
  const os = SYSTEMS[number % SYSTEMS.length] ?? "";
  const agentVersion = number % 10 === 0 ? "0.9.2" : "1.0.0";
  const tags = [role, number % 3 === 0 ? "prod" : "staging"];
  const id = hostname;
  const checks = {
    disk: checkOf(work.at.iso, "ok"),
    updates: checkOf(work.at.iso, number % 50 === 0 ? "outdated" : "ok"),
  };
  const ops = [{ name: "uptime", args: [] }];
  const location = PLACES[number % PLACES.length] ?? "";
  const facts = { os, arch: "x64", agentVersion, tags, location, online: true, checks, ops, enrolledAt: work.at.iso };
  work.change("host_added", id, { id, hostname, ...facts });
  work.makeAgent(id);
  work.change("host_metrics", id, { ...reading(id), id, lastSeenAt: work.at.iso });
  return id;
}

async function update(number: number): Promise<void> {
  const id = ids[(number * 7_919) % ids.length];
  if (fleet === null || id === undefined) throw new Error("the fleet has not started");
  fleet.parts.presences.heard(id);
  await fleet.parts.transactions.transact((work) => {
    if (number % FLIP_EVERY === 0) {
      work.change("host_updated", id, { online: work.fleet.hosts.get(id)?.online !== true });
    } else if (number % CHECK_EVERY === 0) {
      const status = STATES[randomInt(STATES.length)] ?? "ok";
      work.change("host_updated", id, { checks: { updates: checkOf(work.at.iso, status) } });
    } else work.change("host_metrics", id, { ...reading(id), id, lastSeenAt: work.at.iso });
  });
}

function checkOf(checkedAt: string, status: (typeof STATES)[number]) {
  return { status, message: status === "ok" ? "" : "looked at just now", checkedAt };
}

/** The readings of a machine go up and down by a little, as they do in life. */
function reading(id: string): HostReading {
  const before = READINGS.get(id);
  const next = [0, 1, 2, 3].map((at) => {
    const value = before?.[at] ?? randomInt(1_000);
    return Math.max(0, Math.min(1_000, value + randomInt(-50, 51)));
  });
  READINGS.set(id, next);
  const [cpu = 0, ram = 0, disk = 0, load = 0] = next.map((value) => value / 10);
  return {
    ...{ cpu, ram, disk, swap: ram / 4, load1: load / 12, cores: 8 },
    ...{ netIn: randomInt(1_000_000), netOut: randomInt(1_000_000), diskRead: randomInt(1_000_000) },
    ...{ diskWrite: randomInt(1_000_000), uptimeS: randomInt(10_000_000) },
  };
}

serveCalls(busyFleet);
