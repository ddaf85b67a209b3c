/** A plan of readers says who follows over HTTP, through which caches, and what happens to these. */

import type { CacheHabits } from "../http/kept-answer.ts";
import type { NetworkConfig } from "../network/network.ts";
import type { Deed } from "./deeds.ts";
import type { Random } from "./random.ts";

export interface ReadersPlan {
  readonly caches: readonly CachePlan[];
  readonly readers: readonly ReaderPlan[];
}

export interface CachePlan extends CacheHabits {
  /** It asks the cache of this number, which stands before it in the list. Null: it asks the authority. */
  readonly behind: number | null;
  readonly latencyMs: number;
}

export interface ReaderPlan extends NetworkConfig {
  readonly name: string;
  readonly space: string;
  /** It asks where everybody may see the main space, and shows no session. */
  readonly isPublic: boolean;
  readonly joinsAtMs: number;
  /** Each request goes to one of these caches. Without any, all go to the authority. */
  readonly caches: readonly number[];
  /** It has a cache of its own, as a browser has. */
  readonly keepsOwn: boolean;
}

/** Some runs have readers, as often as `share` says. */
export function makeReadersPlan(chance: Random, faultyMs: number, share = SHARE): ReadersPlan | null {
  if (!chance.chance(share)) return null;
  const made = Array.from({ length: chance.int(1, 3) }, (_, n) => makeCache(chance.fork(`cache ${n}`), n));
  const caches = made.map((cache) => (made[0]?.saysAge === "nothing" ? { ...cache, behind: null } : cache));
  const readers = Array.from({ length: chance.int(2, 4) }, (_, n) =>
    makeReader(chance.fork(`reader ${n}`), n, caches.length, faultyMs),
  );
  return { caches, readers };
}

/**
 * A reader counts with two caches, one behind the other (rule H6). One that says no age stands alone, and one that counts how long an
 * answer took stands behind none that does so, too.
 */
function makeCache(chance: Random, n: number): CachePlan {
  const saysAge = chance.pick(["resident", "resident", "with_delay", "nothing"] as const);
  return {
    saysAge,
    joins: saysAge !== "nothing" && chance.chance(0.5) ? "late" : "while_fresh",
    buffers: chance.chance(0.3),
    behind: n > 0 && saysAge === "resident" && chance.chance(0.4) ? 0 : null,
    latencyMs: chance.pick([1, 10, 40]),
  };
}

function makeReader(chance: Random, n: number, caches: number, faultyMs: number): ReaderPlan {
  const isPublic = chance.chance(0.75);
  const all = Array.from({ length: caches }, (_, cache) => cache);
  return {
    name: `reader-${n}`,
    space: isPublic || chance.chance(0.6) ? "main" : "output/c1",
    isPublic,
    joinsAtMs: chance.chance(0.6) ? chance.int(0, 200) : chance.int(0, faultyMs / 2),
    caches: all.filter(() => chance.chance(0.7)),
    keepsOwn: chance.chance(0.3),
    latencyMs: chance.pick([1, 20, 150]),
    jitterMs: chance.pick([0, 10, 400]),
    kernelBytes: chance.pick([16_000, 256_000, 4_000_000]),
    late: 0,
    tcpTimeoutMs: chance.int(5_000, 60_000),
  };
}

type Planned = Deed & { readonly at: number };

/** Only what the readers and their caches meet stands here. The authority's troubles are theirs, too. */
export function readersTroubles(chance: Random, untilMs: number, plan: ReadersPlan): Planned[] {
  const planned: Planned[] = [];
  const meanMs = chance.pick([1_000, 3_000, 8_000]);
  for (let at = chance.int(500, 5_000); at < untilMs; at += 1 + Math.floor(2 * meanMs * chance.next())) {
    planned.push({ at, ...trouble(chance, plan) });
  }
  return planned;
}

function trouble(chance: Random, { readers, caches }: ReadersPlan): Deed {
  const reader = chance.pick(readers);
  const client = reader.name;
  const ms = chance.chance(0.2) ? chance.int(15_000, 30_000) : chance.int(200, 8_000);
  const cache = chance.int(0, caches.length - 1);
  const deeds: readonly Deed[] = [
    { do: "cache", cache, what: "empty" },
    { do: "cache", cache, what: "empty" },
    { do: "cache", cache, what: "restart" },
    { do: "cache", cache, what: "cut_streams" },
    {
      do: "cut",
      client,
      told: chance.pick(["both", "client", "server", "nobody"] as const),
      bytes: chance.skewed(2_000),
    },
    { do: "stall", client, directions: chance.pick([["up"], ["down"]] as const), ms },
    { do: "partition", client, ms, signals: chance.chance(0.5) },
    { do: "slow_link", client, rate: chance.pick([1, 50, 1_000]), ms },
    { do: "sleep", client, ms, countsTime: chance.chance(0.5), signals: chance.chance(0.5), suspends: false },
    { do: "refresh", client },
    { do: "restart_client", client },
    reader.isPublic ? { do: "refresh", client } : { do: "web_socket", client, ms },
    ...(reader.space === "main" ? [dispatch(client, chance), dispatch(client, chance)] : []),
  ];
  if (!reader.isPublic && chance.chance(0.1)) return { do: "sign_out", client, ms };
  return chance.pick(deeds);
}

function dispatch(client: string, chance: Random): Deed {
  return { do: "dispatch", client, hosts: [chance.pick(["web-1", "db-1"])], timeoutMs: chance.int(4_000, 20_000) };
}

/** Readers cost time, and a run without them explores other things. */
const SHARE = 0.25;
