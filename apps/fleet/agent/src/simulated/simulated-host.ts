/** A simulated host has a name, figures that move as those of a machine do, and a lot that says what goes wrong there. */

import type { Millis } from "@neverstale/base";
import type { HostReading } from "@neverstale/fleet-domain";
import type { MachineFacts } from "../machine/io/facts.ts";
import { drawnFor, oneOf } from "./chance.ts";

/**
 * `steady`: all that it runs succeeds. `fails`: one of its ops fails. `dies`: its machine goes down in the middle of one of its ops, and
 * comes back without it. `away`: it enrolled, and is not heard of again.
 */
export type Lot = "steady" | "fails" | "dies" | "away";

export interface Shares {
  /** These are parts of all hosts, from 0 to 1. */
  readonly fails: number;
  readonly dies: number;
  readonly away: number;
}

export const DEFAULT_SHARES: Shares = { fails: 0.03, dies: 0.01, away: 0.01 };

/** Returns the lot of each of `count` hosts. Each share is met to the nearest whole host, and which hosts they are goes by the seed. */
export function lotsOf(count: number, seed: number, shares: Shares): Lot[] {
  const order = Array.from({ length: count }, (_, index) => index).sort(
    (a, b) => drawnFor(seed, "lot", a) - drawnFor(seed, "lot", b),
  );
  const lots = new Array<Lot>(count).fill("steady");
  let next = 0;
  for (const lot of ["away", "dies", "fails"] as const) {
    const hosts = Math.round(shares[lot] * count);
    for (const index of order.slice(next, next + hosts)) lots[index] = lot;
    next += hosts;
  }
  return lots;
}

const ROLES = ["web", "api", "db", "cache", "worker", "build"] as const;
const PLACES = ["fra", "nyc", "sin", "gru"] as const;
const SYSTEMS = ["Linux 6.1.0-26-amd64", "Linux 6.8.0-48-generic", "Linux 5.15.0-124-generic"] as const;

export function simulatedName(index: number, seed: number): string {
  const [role, place] = [oneOf(ROLES, drawnFor(seed, "role", index)), oneOf(PLACES, drawnFor(seed, "place", index))];
  return `${role}-${place}-${String(index + 1).padStart(4, "0")}`;
}

export function simulatedFacts(name: string, seed: number, agentVersion: string): MachineFacts {
  const arch = drawnFor(seed, "arch", name) < 0.2 ? "arm64" : "x64";
  return { hostname: name, os: oneOf(SYSTEMS, drawnFor(seed, "os", name)), arch, agentVersion };
}

/** Returns the figures at this time, in ms since 1970. */
export function readingOf(name: string, seed: number, at: Millis): HostReading {
  const level = (what: string, base: number, swing: number) =>
    percent(base + swing * wave(name, seed, what, at, SLOW_MS) + 0.4 * swing * wave(name, seed, what, at, QUICK_MS));
  const load = drawnFor(seed, "load", name);
  const cpu = level("cpu", 8 + 45 * load * load, 18);
  const rate = (what: string, most: number) => Math.round((most * level(what, 20 + 30 * load, 15)) / 100);
  const disk = percent(15 + 75 * drawnFor(seed, "disk", name) + 3 * wave(name, seed, "disk", at, 6 * SLOW_MS));
  return {
    cpu,
    ram: level("ram", 25 + 50 * drawnFor(seed, "ram", name), 6),
    swap: percent(20 * drawnFor(seed, "swap", name) - 8),
    load1: Math.round(cpu * 4 * (1 + drawnFor(seed, "cores", name))) / 100,
    disk,
    fileSystems: [{ path: "/", used: disk }],
    netIn: rate("in", 20_000_000),
    netOut: rate("out", 8_000_000),
    diskRead: rate("read", 30_000_000),
    diskWrite: rate("write", 15_000_000),
    cores: 2 ** (1 + Math.floor(5 * drawnFor(seed, "cores", name))),
    uptimeS: Math.floor(at / 1_000 - 86_400 * 90 * drawnFor(seed, "boot", name)) % (86_400 * 90),
  };
}

const SLOW_MS: Millis = 600_000;
const QUICK_MS: Millis = 20_000;

/** It goes from one drawn height between -1 and 1 to the next, without a jump. */
function wave(name: string, seed: number, what: string, at: Millis, everyMs: Millis): number {
  const place = at / everyMs + drawnFor(seed, what, name);
  const [before, share] = [Math.floor(place), place - Math.floor(place)];
  const height = (n: number) => 2 * drawnFor(seed, what, name, n) - 1;
  const eased = share * share * (3 - 2 * share);
  return height(before) + (height(before + 1) - height(before)) * eased;
}

function percent(value: number): number {
  return Math.round(10 * Math.min(100, Math.max(0, value))) / 10;
}
