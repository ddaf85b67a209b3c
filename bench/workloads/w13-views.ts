/** W13 measures what views cost the server: for each change where they are declared, and for 1,000 followers of ten of them. */

import { engineDurable, tenViews, viewsDeclared } from "../contenders/index.ts";
import type { ContenderEntry } from "../harness/contender.ts";
import { compared, joinAll, settled, verifyStored, withBenchSession, withServer } from "../harness/session.ts";
import { type Case, entrantsOf, type MakeWorkload, type Sample, type Target } from "../harness/workload.ts";

interface Size {
  readonly contender: ContenderEntry;
  readonly records: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

/** So many changes are under way at a time, so that all contenders put as many into a commit. */
const UNDER_WAY = 64;

function measureAlone({ contender, records, ...times }: Size): Promise<Sample> {
  return withServer({ contender, records }, async (server) => {
    const cost = await server.call.runWriters({ writers: UNDER_WAY, ...times });
    await verifyStored(server);
    return micros(cost, cost.changes, { changesPerCommit: cost.changes / cost.commits });
  });
}

function measureFollowers({ clients, ...size }: Size & { readonly clients: number }): Promise<Sample> {
  return withBenchSession({ ...size, clients }, async (session) => {
    const { server, load } = session;
    await joinAll(session);
    const [before, first] = await Promise.all([load.call.counters(), server.call.asked()]);
    const { warmUpMs, measureMs } = size;
    const cost = await server.call.runWithin({ bound: UNDER_WAY, perTurn: UNDER_WAY, warmUpMs, measureMs });
    await settled(session);
    const [after, last] = await Promise.all([load.call.counters(), server.call.asked()]);
    await compared(session);
    const frames = after.changeFrames - before.changeFrames;
    return micros(cost, cost.confirmed, { changesPerFrame: ((last.seq - first.seq) * clients) / frames });
  });
}

interface Used {
  readonly cpuMs: number;
  readonly mainThreadCpuMs: number;
}

function micros({ cpuMs, mainThreadCpuMs }: Used, changes: number, more: Sample): Sample {
  return { mainThreadMicros: (mainThreadCpuMs * 1e3) / changes, allThreadsMicros: (cpuMs * 1e3) / changes, ...more };
}

const ALONE = "nobody follows";
const FOLLOWED = "1,000 followers";

export const views: MakeWorkload = ({ quick }) => {
  const times = quick ? { warmUpMs: 300, measureMs: 700 } : { warmUpMs: 3_000, measureMs: 8_000 };
  const alone = { records: quick ? 1_000 : 10_000, ...times };
  const followed = { records: 1_000, clients: quick ? 100 : 1_000, ...times };
  const cases: readonly Case[] = [
    {
      name: ALONE,
      reference: engineDurable.name,
      contenders: entrantsOf([engineDurable, viewsDeclared], (contender) => measureAlone({ contender, ...alone })),
    },
    {
      name: FOLLOWED,
      reference: viewsDeclared.name,
      contenders: entrantsOf([viewsDeclared, tenViews], (contender) => measureFollowers({ contender, ...followed })),
    },
  ];
  return {
    id: "W13",
    name: "views",
    title: "What views cost",
    notes: [
      `Records of 400 bytes, forced to disk, ${UNDER_WAY} changes under way. A record has one key, and a role lists the fields that change.`,
      "CPU of the serving thread, and of all threads of the server, folding included.",
      "The followers are all of one view, or in turn of ten. Each view shows the whole state, so that ten make ten times the text.",
      "Verified by opening the store anew, and by the states of all followers.",
    ],
    columns: [
      { key: "mainThreadMicros", label: "main thread µs a change", digits: 1, ratio: true },
      { key: "allThreadsMicros", label: "all threads µs a change", digits: 1, ratio: true },
      { key: "changesPerCommit", label: "changes a commit", digits: 1 },
      { key: "changesPerFrame", label: "changes a frame", digits: 1 },
    ],
    cases,
    targets: [
      ratio("views declared / not declared", 1.3, ALONE, viewsDeclared, engineDurable),
      ratio("followers of ten views / of one", 2, FOLLOWED, tenViews, viewsDeclared),
    ],
  };
};

function ratio(text: string, atMost: number, name: string, of: ContenderEntry, by: ContenderEntry): Target {
  const cost = "allThreadsMicros";
  return { text, atMost, value: (read) => read(name, of.name, cost) / read(name, by.name, cost) };
}
