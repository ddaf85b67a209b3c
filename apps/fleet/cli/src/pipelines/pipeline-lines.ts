/** The end of a pipeline is put into lines: how it ended, and where it stopped on which host. */

import { type Host, labelIn, type Pipeline } from "@neverstale/fleet-domain";
import { oneLine } from "../terminal/plain-text.ts";

/** It gives `stage 2 of 3, restart-web, on 4 hosts`. */
export function stageLine({ stages, currentStage, currentWave, waves, hosts }: Pipeline): string {
  const wave = waves === undefined ? "" : `wave ${(currentWave ?? 0) + 1}, `;
  const where = hosts.length === 1 ? "1 host" : `${hosts.length} hosts`;
  return oneLine(`${wave}stage ${currentStage + 1} of ${stages.length}, ${stages[currentStage] ?? ""}, on ${where}`);
}

export function endLines(pipeline: Pipeline, hosts: ReadonlyMap<string, Host>): string[] {
  const { name, status, reason, stages, unfinished = {} } = pipeline;
  const stopped = Object.entries(unfinished).map(([host, { stage, started }]) => {
    const how = started ? "did not succeed" : "was not begun";
    return `${labelIn(hosts, host)}: stage ${stage + 1}, ${stages[stage] ?? ""}, ${how}`;
  });
  return [...stopped, `${name}: ${status}${reason === undefined ? "" : `: ${reason}`}`].map(oneLine);
}
