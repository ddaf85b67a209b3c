import { afterEach, describe, expect, test } from "vitest";
import { atLeisure } from "../../leisure.ts";
import { type Cost, Trial } from "./trial.ts";
import { costTable, expectOnlyDiffs, expectTheWholeTruth, verdictTable } from "./trial-suite.ts";

const CLIENTS = Number(process.env.NEVERSTALE_CLUSTER_CLIENTS ?? 3_000);
const KILLS = 10;
/** 500 changes a second. */
const RATE = { everyMs: 1_000, requests: 4, changes: 125 };

let trial: Trial | null = null;

afterEach(async () => {
  await trial?.dispose();
  trial = null;
});

async function begin(): Promise<Trial> {
  trial = await Trial.begin({ processes: 2, clients: CLIENTS, replicas: 30 }, RATE);
  console.log(`${CLIENTS} clients follow, and 500 changes a second are asked for`);
  return trial;
}

async function conclude(costs: readonly Cost[], ended: Trial): Promise<void> {
  const verdict = await ended.end();
  console.log(`\n${costTable(costs)}\n\n${verdictTable(verdict)}\n`);
  for (const cost of costs) expectOnlyDiffs(cost);
  expectTheWholeTruth(verdict, ended);
}

describe(`three nodes behind nginx, with ${CLIENTS} clients and 500 changes a second`, () => {
  test("[T3] [E7] [P3] the writer is killed ten times: nothing acknowledged is lost, and clients need diffs and steps alone", async () => {
    const running = await begin();
    const costs: Cost[] = [];
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const cost = await running.killWriter();
      costs.push(cost);
      console.log(`kill ${kill} of ${KILLS}: ${described(cost)}`);
    }

    await conclude(costs, running);
    const waits = costs.map(({ writesAgainMs }) => writesAgainMs ?? Number.POSITIVE_INFINITY);
    expect(Math.max(...waits)).toBeLessThanOrEqual(atLeisure(10_000));
    expect(waits.filter((ms) => ms > atLeisure(5_000)).length).toBeLessThanOrEqual(KILLS / 10);
  });

  test("[T5] [D3] all nodes are restarted in turn: no dispatch fails, and nobody gets a full state", async () => {
    const running = await begin();
    const costs: Cost[] = [];
    for (const node of running.cluster.nodes) {
      const cost = await running.restart(node);
      costs.push(cost);
      console.log(`restart ${costs.length} of 3: ${described(cost)}`);
    }

    await conclude(costs, running);
    expect(costs.some(({ wasWriter }) => wasWriter)).toBe(true);
  });
});

function described({ node, clients, resumed, fullStates, writesAgainMs, followAgainMs }: Cost): string {
  const writes = writesAgainMs === null ? "" : `, writes again after ${Math.round(writesAgainMs)} ms`;
  const followed = `${clients} clients follow again after ${Math.round(followAgainMs)} ms`;
  return `${node}${writes}, ${followed}, ${resumed} by a diff, ${fullStates} by a full state`;
}
