import type { CommitGroup, Store } from "@neverstale/server/store";
import { answer, asked, fold, group, made, opened, record } from "@neverstale/server/store/contract-suite";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { PostgresStore } from "../postgres-store.ts";
import type { PostgresSettings } from "../settings.ts";
import { postgresStore } from "./create.ts";
import { type LossyProxy, startProxy } from "./lossy-proxy-suite.ts";
import { startTestServer, type TestServer } from "./test-server-suite.ts";

let server: TestServer;
let proxy: LossyProxy;
let stores: PostgresStore[] = [];
let schemas = 0;

beforeAll(async () => {
  server = await startTestServer({ autovacuum: "off" });
});

beforeEach(async () => {
  schemas += 1;
  proxy = await startProxy(server.port);
});

afterEach(async () => {
  await proxy.end();
  for (const store of stores) await store.close();
  stores = [];
});

afterAll(() => server?.end());

function another(settings: Partial<PostgresSettings> = {}): PostgresStore {
  const store = postgresStore(server.url({ port: proxy.port }), { schema: `lost_${schemas}`, settings });
  stores.push(store);
  return store;
}

async function outcomeOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
    return "done";
  } catch (error) {
    const { outcome, code } = error as { readonly outcome?: string; readonly code?: string };
    return outcome ?? code ?? String(error);
  }
}

test("a connection that was lost between two calls is made anew, and the term goes on", async () => {
  const store = another();
  await opened(store);
  await store.commit(made("main", 1));

  await server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'neverstale'");
  await expect.poll(() => store.metrics().store_connections_open).toBe(0);
  expect(await outcomeOf(() => store.commit(group({ name: "main", first: 2 })))).toBe("done");

  expect(await store.readLog({ space: "main", afterVersion: 0, limit: 9 })).toHaveLength(2);
});

test("[A1] [B68] a server that doesn't answer in time leaves the outcome open, and holds up nobody for longer", async () => {
  const store = another({ answerMs: 4_000 });
  await opened(store);
  await store.commit(made("main", 1));
  proxy.hang();

  const calls = [() => store.commit(group({ name: "main", first: 2 })), () => store.confirm()];
  expect(await Promise.all(calls.map(outcomeOf))).toEqual(["unknown", "store_unavailable"]);
  expect(await outcomeOf(() => store.commit(group({ name: "main", first: 2 })))).toBe("fenced");
  expect(store.metrics()).toMatchObject({ store_answer_timeouts_total: 2 });

  proxy.goOn();
  const head = { sequence: 3, term: "term-1" }; // The server had carried it out.
  await expect.poll(() => outcomeOf(async () => expect((await store.confirm()).head).toEqual(head))).toBe("done");
});

test("where the server is gone, calls fail at once and the waits between attempts grow", async () => {
  const store = another({ firstRetryMs: 60_000, longestRetryMs: 60_000 });
  await opened(store);
  await store.commit(made("main", 1));
  await server.stop();
  try {
    const outcomes: string[] = [];
    for (let n = 0; n < 50; n += 1)
      outcomes.push(await outcomeOf(() => store.readChain({ afterSequence: 0, limit: 9 })));

    expect(new Set(outcomes)).toEqual(new Set(["store_unavailable"]));
    // A wait is drawn anew each time, and may be short.
    expect(store.metrics().store_connection_failures_total).toBeLessThan(10);
    expect(await outcomeOf(() => store.commit(group({ name: "main", first: 2 })))).toMatch(/nothing_moved|unknown/);
  } finally {
    await server.start();
  }
});

test("a server that comes back is found again, with all that was acknowledged", async () => {
  const store = another({ firstRetryMs: 20, longestRetryMs: 100 });
  await opened(store);
  await store.commit(made("main", 1));
  await server.stop("SIGKILL");
  await outcomeOf(() => store.confirm());
  await server.start();

  await expect.poll(() => outcomeOf(() => store.confirm())).toBe("done");

  expect(await store.readLog({ space: "main", afterVersion: 0, limit: 9 })).toHaveLength(1);
});

test.each([
  ["cancelled", "pg_cancel_backend"],
  ["ended by an administrator", "pg_terminate_backend"],
])("[A1] a commit whose wait for a standby is %s has an unknown outcome, though its row is there", async (_, how) => {
  const store = another();
  await opened(store);
  await store.commit(made("main", 1));
  await server.sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
  await server.sql("SELECT pg_reload_conf()");
  try {
    await expect
      .poll(async () => (await server.sql("SHOW synchronous_standby_names"))[0])
      .toEqual({
        synchronous_standby_names: "nobody",
      });

    const committed = outcomeOf(() => store.commit(group({ name: "main", first: 2 })));
    await expect
      .poll(() => server.sql(`SELECT ${how}(pid) AS told FROM pg_stat_activity WHERE wait_event = 'SyncRep'`))
      .toEqual([{ told: true }]);

    expect(await committed).toBe("unknown");
    expect(await outcomeOf(() => store.commit(group({ name: "main", first: 3 })))).toBe("fenced");
  } finally {
    await server.sql("ALTER SYSTEM RESET synchronous_standby_names");
    await server.sql("SELECT pg_reload_conf()");
  }
  expect(await another().read()).toMatchObject({ head: { sequence: 3 } });
});

test("a text that the database can't hold is refused before it is sent, and the term goes on", async () => {
  const store = another();
  await opened(store);
  await store.commit(made("main", 1));
  const groups: readonly CommitGroup[] = [
    { ...group({ name: "main", first: 2 }), answers: [answer("a\0b")] },
    { ...group({ name: "main", first: 2 }), answers: [answer("a\ud800b")] },
    made("s\0", 1),
  ];

  for (const refused of groups) expect(await outcomeOf(() => store.commit(refused))).toBe("nothing_moved");

  expect(await store.findAnswer(asked("a"))).toBeNull();
  expect(await outcomeOf(() => store.findAnswer(asked("a\0b")))).toBe("store_unavailable");
  await store.commit(group({ name: "main", first: 2 }));
});

test("[B66] a group with more text than is allowed is refused before it is sent, and the term goes on", async () => {
  const store = another({ groupBytes: 1_000 });
  await opened(store);
  await store.commit(made("main", 1));
  const large = { ...group({ name: "main", first: 2 }), answers: [{ ...answer("k"), answer: `"${"ü".repeat(600)}"` }] };

  expect(await outcomeOf(() => store.commit(large))).toBe("nothing_moved");
  await store.commit(group({ name: "main", first: 2 }));
});

test("[B67] beyond so many waiting calls the next one is refused, and those that wait are answered", async () => {
  const store = another({ waitingCalls: 3 });
  await opened(store);

  const outcomes = await Promise.all(Array.from({ length: 10 }, () => outcomeOf(() => store.confirm())));

  expect(outcomes.filter((outcome) => outcome === "done")).toHaveLength(3);
  expect(outcomes.filter((outcome) => outcome === "store_unavailable")).toHaveLength(7);
  expect(store.metrics()).toMatchObject({ store_waiting_calls: 0 });
});

test("[A1] a database that has lost its tail takes nothing from a writer that was ahead", async () => {
  const writer = another();
  await opened(writer);
  await writer.commit(made("main", 1));
  await writer.commit(group({ name: "main", first: 2 }));
  await server.sql(
    `DELETE FROM lost_${schemas}.chain WHERE sequence = 3; DELETE FROM lost_${schemas}.moves WHERE sequence = 3`,
  );

  expect(await outcomeOf(() => writer.fold(fold("main", 2, { records: [record("a", 2)] })))).toBe("fenced");
  expect(await outcomeOf(() => writer.commit(group({ name: "main", first: 3 })))).toBe("fenced");

  const other = another();
  await opened(other as Store);
  expect(await other.read()).toMatchObject({ spaces: [{ foldedVersion: 0, log: [{ lastVersion: 1 }] }] });
});
