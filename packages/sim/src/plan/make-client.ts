/** A client of a plan has a way to the authority, and comes at some time. */

import type { ClientPlan } from "./plan.ts";
import type { Random } from "./random.ts";

export function joinsAt(chance: Random, faultyMs: number): number {
  return chance.chance(0.6) ? chance.int(0, 200) : chance.int(0, faultyMs / 2);
}

export function makeClient(
  name: string,
  kind: ClientPlan["kind"],
  space: string,
  chance: Random,
): Omit<ClientPlan, "joinsAtMs"> {
  return {
    name,
    kind,
    space,
    latencyMs: chance.pick([1, 20, 150]),
    jitterMs: chance.pick([0, 10, 400]),
    kernelBytes: chance.pick([16_000, 256_000, 4_000_000]),
    late: chance.pick([0, 1]),
    tcpTimeoutMs: chance.int(5_000, 60_000),
    httpLoss: chance.pick([0, 0.1, 0.4]),
    httpDouble: chance.pick([0, 0.1, 0.4]),
    parts: chance.fork("parts").chance(0.7),
    steps: chance.fork("steps").chance(0.8),
  };
}
