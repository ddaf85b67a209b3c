/** What the dashboard's state sync must do, each by a test of its name, on the product as it is run. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "../engine/authority-process.ts";
import { atLeisure } from "../leisure.ts";
import { meddling, Product } from "./product.ts";

const product = new Product();

beforeAll(async () => {
  await product.start("--beacon-interval", "2s");
  await until("the local agent is online", async () => (await hosts()).some(({ online }) => online));
});

afterAll(() => product.remove());

interface StateAnswer {
  readonly epoch: string;
  readonly version: number;
  readonly digest: string;
  readonly state: {
    readonly hosts: readonly { readonly id: string; readonly online?: boolean; readonly location?: string }[];
  };
}

const state = () => product.get<StateAnswer>("/api/state");
const hosts = async () => (await state()).state.hosts;
const csrfToken = async () => (await product.get<{ csrfToken: string }>("/api/session")).csrfToken;

/** A change made through the API; resolves once it is stored. */
async function locate(location: string): Promise<{ epoch: string; version: number }> {
  const [host] = await hosts();
  const answer = await fetch(`${product.address}/api/hosts/${host?.id}`, {
    method: "PATCH",
    headers: { ...product.headers, "Content-Type": "application/json", "X-CSRF-Token": await csrfToken() },
    body: JSON.stringify({ location }),
  });
  expect(answer.status).toBe(200);
  return (await answer.json()) as { epoch: string; version: number };
}

/** The messages of a plain connection until one of them is what was waited for. */
async function plainUntil(wanted: (message: { type: string; version: number; payload: unknown }) => boolean) {
  const socket = product.plain();
  const messages: { type: string; version: number; payload: unknown }[] = [];
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.on("message", (data: Buffer) => {
        const message = JSON.parse(data.toString()) as (typeof messages)[number];
        messages.push(message);
        if (wanted(message)) resolve();
      });
    });
  } finally {
    socket.terminate();
  }
  return messages;
}

test("StateManager tracks global version (persisted to SQLite)", async () => {
  const before = await locate("rack 1");
  await product.stop("SIGKILL");
  await product.start("--beacon-interval", "2s");
  const after = await state();

  expect(after.version).toBeGreaterThanOrEqual(before.version);
  expect(after.epoch).not.toBe(before.epoch);
  expect(after.state.hosts[0]?.location).toBe("rack 1");
});

test("`init` sent on WebSocket connect with full state", async () => {
  const { location } = { location: `rack ${Date.now()}` };
  const { version } = await locate(location);
  const [init] = await plainUntil(() => true);

  expect(init).toMatchObject({ type: "init", payload: { hosts: [{ location }] } });
  expect(init?.version).toBeGreaterThanOrEqual(version);
  const collections = Object.keys(init?.payload ?? {});
  expect(collections).toEqual(expect.arrayContaining(["commands", "events", "hosts", "metrics", "pipelines"]));
  expect(collections.sort()).toEqual(Object.keys((await state()).state).sort());
});

test("`delta` sent on every state change", async () => {
  let made = 0;
  const making = (async () => {
    for (; made < 5; made += 1) await locate(`shelf ${made}`);
  })();
  const messages = await plainUntil(({ payload }) => JSON.stringify(payload ?? null).includes('"location":"shelf 4"'));
  await making;

  const versions = messages.filter(({ type }) => type !== "sync").map(({ version }) => version);
  expect(versions).toEqual(versions.map((_, index) => (versions[0] ?? 0) + index));
});

describe("`sync` beacon every 30s", () => {
  test("the interval is a setting, here 2 s", async () => {
    const startedAt = performance.now();
    const beacons: number[] = [];
    await plainUntil(({ type }) => type === "sync" && beacons.push(performance.now()) === 3);

    expect((beacons[2] ?? 0) - (beacons[0] ?? 0)).toBeGreaterThan(3_000);
    expect(performance.now() - startedAt).toBeLessThan(atLeisure(20_000));
  });

  test("without the setting it is 30 s, and every replica is told so", async () => {
    const other = new Product();
    try {
      await other.start("--no-local-agent");
      const told: number[] = [];
      const sync = other.follow(
        meddling((text) => {
          const { beaconMs } = JSON.parse(text) as { beaconMs?: number };
          if (beaconMs !== undefined) told.push(beaconMs);
          return text;
        }),
      );
      await until("it is live", () => sync.status.type === "live");
      sync.stop();
      expect(told[0]).toBe(30_000);
    } finally {
      await other.remove();
    }
  });
});

test("Client detects version gap → auto resync", async () => {
  let swallowed = 0;
  const lose = (text: string) => {
    // A beacon in between would find it out first, as drift.
    if (swallowed === 1 && sync.counters.gaps === 0 && isBeacon(text)) return null;
    return isDelta(text, "gap me") && swallowed++ === 0 ? null : text;
  };
  const sync = product.follow(meddling(lose));
  await until("it is live", () => sync.status.type === "live");
  await locate("gap me");
  await locate("after the gap");
  await until(
    "it shows what was lost and what came after",
    () => [...sync.state.hosts.values()][0]?.location === "after the gap",
  );
  await until("it is live again", () => sync.status.type === "live");

  expect(swallowed).toBe(1);
  expect(sync.counters.gaps).toBeGreaterThanOrEqual(1);
  expect(sync.counters.resyncs.gap).toBeGreaterThanOrEqual(1);
  sync.stop();
});

describe("Client detects drift via sync → auto resync", () => {
  test("a beacon that names another version", async () => {
    let altered = 0;
    const lie = (text: string) => {
      if (!isBeacon(text) || sync.status.type !== "live" || altered > 0) return text;
      altered += 1;
      return text.replace(/"version":(\d+)/, (_, version) => `"version":${Number(version) + 1}`);
    };
    const sync = product.follow(meddling(lie));
    await until("a full state has come", () => sync.view.lastResync?.reason === "drift");
    await until("it shows what the server has", async () => {
      const { version, digest } = await state();
      return sync.version === version && sync.digest() === digest;
    });

    expect(altered).toBe(1);
    expect(sync.counters.resyncs.drift).toBe(1);
    sync.stop();
  });

  test("another digest at its own version", async () => {
    let altered = 0;
    const lie = (text: string) => {
      if (!isDelta(text, "the truth") || altered > 0) return text;
      altered += 1;
      return text.replace("the truth", "a lie");
    };
    const sync = product.follow(meddling(lie));
    await until("it is live", () => sync.status.type === "live");
    const shown = new Set<string>(); // The next beacon may come at once, and heal it.
    sync.subscribe(() => shown.add([...sync.state.hosts.values()][0]?.location ?? ""));
    await locate("the truth");
    await until("it shows the lie", () => shown.has("a lie"));
    await until("it shows the truth", () => [...sync.state.hosts.values()][0]?.location === "the truth");

    expect(altered).toBe(1);
    expect(sync.counters.digestMismatches).toBe(1);
    expect(sync.counters.resyncs.digest).toBe(1);
    expect(sync.lastDivergence?.records).toContainEqual(expect.objectContaining({ collection: "hosts" }));
    sync.stop();
  });
});

test("StateSync class with `dispatchOp()` and `dispatchPipeline()`", async () => {
  const sync = product.follow();
  await until("it is live and its host can run", () => [...sync.state.hosts.values()][0]?.online === true);
  const host = [...sync.state.hosts.keys()][0] ?? "";
  const op = await sync.dispatchOp("uptime", [host]);
  await sync.reached(op);
  const id = op.commands[0]?.id ?? "";
  expect(sync.state.commands.get(id)).toMatchObject({ op: "uptime", host });
  await until("the command has ended", () => sync.state.commands.get(id)?.status === "succeeded");

  const pipeline = await sync.dispatchPipeline("health", [host]);
  await sync.reached(pipeline);
  await until("the pipeline has ended", () => sync.state.pipelines.get(pipeline.pipelineId)?.status === "complete");
  sync.stop();
});

test("CSRF token properly included in all dispatches", async () => {
  const [host] = await hosts();
  const body = { op: "uptime", hosts: [host?.id] };
  const pipeline = { pipeline: "health", hosts: [host?.id] };
  for (const [path, request] of [
    ["/api/dispatch", body],
    ["/api/dispatch/pipeline", pipeline],
  ] as const) {
    const without = await product.post(path, request);
    const wrong = await product.post(path, request, { "X-CSRF-Token": "wrong" });
    const right = await product.post(path, request, { "X-CSRF-Token": await csrfToken() });

    expect([without.status, wrong.status, right.status]).toEqual([403, 403, 202]);
    expect(await without.json()).toMatchObject({ code: "csrf_failed" });
  }
});

const isBeacon = (text: string): boolean => text.startsWith('{"type":"sync"');

function isDelta(text: string, part: string): boolean {
  return text.startsWith('{"type":"delta"') && text.includes(part);
}
