/** Made-up work starts on a demo's hosts by these decisions, as people would start it. */

import type { Host } from "@neverstale/fleet-domain";
import { dispatchOp, dispatchPipeline } from "../commands/dispatch.ts";
import type { Work } from "../fleet/work.ts";

const BY = { user: "demo", tags: null };
const MOST_HOSTS = 25;
/** Each so many rounds there is a pipeline. */
const PIPELINE_EVERY = 5;

/** `chance` returns numbers from 0 up to 1. */
export function startMadeUpWork(work: Work, round: number, chance: () => number): void {
  const hosts = readyHosts(work, chance);
  const [first] = hosts;
  if (first === undefined) return;
  const ids = hosts.map(({ id }) => id);
  const newId = () => work.at.newId();
  if (round % PIPELINE_EVERY === PIPELINE_EVERY - 1) {
    dispatchPipeline(work, { pipeline: "health", hosts: ids }, BY, newId);
    return;
  }
  const op = first.ops[Math.floor(chance() * first.ops.length)];
  if (op !== undefined) dispatchOp(work, { op: op.name, hosts: ids }, BY, newId);
}

/** They stand side by side in the list, from any place on. */
function readyHosts(work: Work, chance: () => number): readonly Host[] {
  const ready = [...work.fleet.hosts.values()].filter((host) => host.online && host.runningCommand === undefined);
  const count = 1 + Math.floor(chance() * Math.min(MOST_HOSTS, ready.length));
  const start = Math.floor(chance() * Math.max(1, ready.length - count));
  return ready.slice(start, start + count);
}
