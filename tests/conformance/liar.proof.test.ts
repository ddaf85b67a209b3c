import { checkServer, readScenarios } from "@neverstale/conformance";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { Liar, type Lie } from "./liar.ts";
import { Supervised } from "./supervised.ts";

const BEACON_MS = 300;
let server: Supervised;
let liar: Liar;

beforeAll(async () => {
  server = await Supervised.start("engine-server.ts", "memory", BEACON_MS);
});

afterAll(() => server.close());
afterEach(() => liar.close());

const isType = (type: string) => (message: Record<string, unknown>) => message.type === type;
const isDelta = isType("delta");
const isSync = isType("sync");

interface Case {
  readonly lie: string;
  readonly make: () => Lie;
  /** A scenario that must notice, by its file's name, and what it says. */
  readonly noticedBy: string;
  readonly says: string;
}

const LIES: readonly Case[] = [
  {
    lie: "loses its third delta",
    make: () => {
      let deltas = 0;
      return {
        down: (m) => {
          if (isDelta(m)) deltas += 1;
          // No beacon either before the next delta: it would tell first, under another rule.
          return deltas === 3 && (isDelta(m) || isSync(m)) ? null : m;
        },
      };
    },
    noticedBy: "A4-delta-chain",
    says: "[A4] expected a delta from",
  },
  {
    lie: "splits a transaction",
    make: () => ({
      down: (m) => {
        if (!isDelta(m)) return m;
        const half = (m.from as number) + 1;
        return [
          { ...m, version: half, payload: {} },
          { ...m, from: half },
        ];
      },
    }),
    noticedBy: "S5-one-step",
    says: `"version":`,
  },
  {
    lie: "claims another digest",
    make: () => ({ down: (m) => (isSync(m) && m.digest !== undefined ? { ...m, digest: "0123456789abcdef" } : m) }),
    noticedBy: "E4-level-after-init",
    says: "[G1]",
  },
  {
    lie: "sends beacons without a digest",
    make: () => ({
      down: ({ digest, ...m }) => (isSync(m) ? m : { ...m, ...(digest === undefined ? {} : { digest }) }),
    }),
    noticedBy: "E4-level-after-init",
    says: "expected",
  },
  {
    lie: "names the head in its beacons, whatever it has put",
    make: () => ({
      down: (m) => (isSync(m) ? { ...m, version: (m.version as number) + 1, head: Number.MAX_SAFE_INTEGER } : m),
    }),
    noticedBy: "A7-beacon",
    says: "[A7]",
  },
  {
    lie: "never answers a check",
    make: () => ({ up: (m) => (m.type === "check" ? null : m) }),
    noticedBy: "A7-check-before-init",
    says: "nothing in time",
  },
  {
    lie: "never answers get_state",
    make: () => ({ up: (m) => (m.type === "get_state" ? null : m) }),
    noticedBy: "A8-get-state",
    says: "full_state",
  },
  {
    lie: "answers every get_state, acked or not",
    make: () => {
      let answer: Record<string, unknown> | null = null;
      return {
        down: (m) => {
          if (m.type === "full_state") answer = m;
          return m.type === "full_state" ? [m, m] : m;
        },
        up: (m) => (m.type === "get_state" && answer !== null ? null : m),
      };
    },
    noticedBy: "A8-one-unacked",
    says: "full_state",
  },
  {
    lie: "forgets positions",
    make: () => ({ address: (url) => url.replace(/\?.*/, "") }),
    noticedBy: "E2-resume-at-head",
    says: `"init"`,
  },
  {
    lie: "resumes everyone, from wherever",
    make: () => ({
      down: (m) =>
        m.type === "init"
          ? {
              type: "sync",
              version: m.version,
              head: m.version,
              epoch: m.epoch,
              space: m.space,
              model: 1,
              beaconMs: 1,
              lineage: m.lineage,
            }
          : m,
    }),
    noticedBy: "E2-ahead",
    says: "[E4]",
  },
  {
    lie: "swallows what it doesn't understand",
    make: () => ({ up: (m) => (["ack", "check", "get_state"].includes(String(m.type)) ? m : null) }),
    noticedBy: "M3-garbage",
    says: "4400",
  },
  {
    lie: "takes any ack",
    make: () => ({ up: (m) => (m.type === "ack" ? null : m) }),
    noticedBy: "M3-ack-of-nothing",
    says: "4400",
  },
  {
    lie: "sends a delta between get_state and its answer",
    make: () => {
      let asked = false;
      let checkBehind: unknown = null;
      let version = 0;
      return {
        up: (m) => {
          if (m.type === "get_state") [asked, checkBehind] = [true, null];
          if (m.type === "check" && asked) checkBehind = m.n;
          return m;
        },
        down: (m) => {
          if (m.type === "full_state") asked = false;
          if (typeof m.version === "number") version = m.version;
          const now = asked && m.check !== undefined && m.check === checkBehind;
          return now ? [m, { type: "delta", from: version, version, payload: {} }] : m;
        },
      };
    },
    noticedBy: "A8-no-delta-until-answer",
    says: "[A8] expected no delta before the answer",
  },
  {
    lie: "forgets the lineage",
    make: () => ({ down: (m) => (m.lineage === undefined ? m : { ...m, lineage: [] }) }),
    noticedBy: "M2-init-facts",
    says: "[M6]",
  },
];

test.each(LIES)("a server that $lie is found out", async ({ make, noticedBy, says }) => {
  liar = await Liar.start(server.url, make);
  const options = { url: liar.url, control: server.controlUrl, headers: {}, beaconMs: BEACON_MS };

  const [outcome] = await checkServer(readScenarios("server", noticedBy), ["v1"], options);

  expect(outcome).toMatchObject({ result: "failed", detail: expect.stringContaining(says) });
});
