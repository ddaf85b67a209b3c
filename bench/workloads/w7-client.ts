/** W7 measures how many deltas a second a replica of 10,000 records takes in, with no listener and with 1,000 of them. */

import { startChild } from "../harness/processes/child.ts";
import type { ApplyArgument, ClientApi } from "../harness/processes/client-process.ts";
import { VoidRun } from "../harness/session.ts";
import type { BenchPlan, Entrant, MakeWorkload, Sample } from "../harness/workload.ts";

const LOAD_CORE = 1;

export async function measureReplica(argument: ApplyArgument): Promise<Sample> {
  const child = startChild<ClientApi>({
    name: "client",
    module: "processes/client-process.ts",
    core: LOAD_CORE,
    engine: true,
  });
  try {
    const { tookMs, calls, expectedCalls, digest, expectedDigest } = await child.call.apply(argument);
    if (digest !== expectedDigest) throw new VoidRun(`the replica's digest is ${digest}, not ${expectedDigest}`);
    if (calls !== expectedCalls) throw new VoidRun(`subscribers were called ${calls} times, not ${expectedCalls}`);
    return { deltasPerSecond: (argument.deltas * 1e3) / tookMs };
  } finally {
    await child.stop();
  }
}

const QUIET = "nobody listens";
const WATCHED = "1,000 subscribers, each to a record of its own";

export const client: MakeWorkload = (plan) => ({
  id: "W7",
  name: "client",
  title: "Client: deltas taken in",
  notes: [
    "10,000 records of 400 bytes; each delta alters one of them. No network: the frames are made beforehand.",
    "From frames: text into `StateSync`, which decodes, checks, applies and tells who listens, each frame a turn of its own.",
    "Decoded: messages into its records. By hand: `JSON.parse` and a `Map`, no check, no version, no digest.",
  ],
  columns: [{ key: "deltasPerSecond", label: "deltas/s", digits: 0, ratio: true }],
  cases: [
    {
      name: QUIET,
      reference: "by-hand",
      contenders: [
        entrant(plan, "by-hand", "`JSON.parse` and a `Map`", { applier: "by-hand", subscribers: 0 }),
        entrant(plan, "frames", "Neverstale, from frames", { applier: "frames", subscribers: 0 }),
        entrant(plan, "decoded", "Neverstale, decoded", { applier: "decoded", subscribers: 0 }),
      ],
    },
    {
      name: WATCHED,
      reference: "frames",
      contenders: [entrant(plan, "frames", "Neverstale, from frames", { applier: "frames", subscribers: 1_000 })],
    },
  ],
  targets: [
    {
      text: "deltas/s from frames, nobody listens",
      atLeast: 500_000,
      value: (read) => read(QUIET, "frames", "deltasPerSecond"),
    },
    {
      text: "deltas/s decoded, nobody listens",
      atLeast: 500_000,
      value: (read) => read(QUIET, "decoded", "deltasPerSecond"),
    },
  ],
});

function entrant(
  plan: BenchPlan,
  name: string,
  label: string,
  how: Pick<ApplyArgument, "applier" | "subscribers">,
): Entrant {
  const length = plan.quick ? { warmUp: 5_000, deltas: 20_000 } : { warmUp: 100_000, deltas: 500_000 };
  return { name, label, measure: () => measureReplica({ ...how, ...length, records: 10_000 }) };
}
