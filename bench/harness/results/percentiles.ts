/** Latency is told by its median, its 99th percentile and its longest time. */

/** These are milliseconds from asking for a change until a client has it, over all clients and changes. */
export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/**
 * `askedAt[i]` is the time at which the change `firstSeq + i` was asked for, or was due. `arrivals` are triples (from, to, ms):
 * some client took in the changes after `from` up to `to` at that time.
 */
export function latencyOf(askedAt: readonly number[], firstSeq: number, arrivals: readonly number[]): Latency {
  const samples: number[] = [];
  for (let at = 0; at + 2 < arrivals.length; at += 3) {
    const from = Math.max(arrivals[at] as number, firstSeq - 1);
    const to = arrivals[at + 1] as number;
    for (let seq = from + 1; seq <= to; seq += 1) {
      const asked = askedAt[seq - firstSeq];
      if (asked !== undefined) samples.push((arrivals[at + 2] as number) - asked);
    }
  }
  const sorted = Float64Array.from(samples).sort();
  return { p50Ms: quantile(sorted, 0.5), p99Ms: quantile(sorted, 0.99), maxMs: quantile(sorted, 1) };
}

function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
