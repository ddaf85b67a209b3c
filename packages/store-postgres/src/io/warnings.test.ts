import { group, made, START } from "@neverstale/server/store/contract-suite";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PostgresStore } from "../postgres-store.ts";
import { postgresStore } from "./create.ts";
import { startTestServer, type TestServer } from "./test-server-suite.ts";

// A server warns in this way when the wait for a synchronous standby was cancelled: the rows are there, and may be lost with it.

let server: TestServer;
let schemas = 0;

beforeAll(async () => {
  server = await startTestServer();
  await server.sql(
    "CREATE FUNCTION public.warn() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE WARNING 'not replicated'; RETURN NULL; END$$",
  );
});
afterAll(() => server?.end());

interface Warned {
  readonly store: PostgresStore;
  /** From here on the server warns with each answer to a statement that writes into the table, or no longer. */
  readonly warn: (table: "chain" | "nodes" | "beat", isOn: boolean) => Promise<unknown>;
}

async function listed(): Promise<Warned> {
  schemas += 1;
  const schema = `warned_${schemas}`;
  const store = postgresStore(server.url(), { schema });
  await store.enterNode({ id: "one", address: "10.0.0.1:80", model: 1, token: "t" });
  await store.read();
  const warn = (table: string, isOn: boolean) =>
    server.sql(
      isOn
        ? `CREATE TRIGGER warn AFTER INSERT OR UPDATE ON ${schema}.${table} EXECUTE FUNCTION public.warn()`
        : `DROP TRIGGER warn ON ${schema}.${table}`,
    );
  return { store, warn };
}

const TAKEOVER = { epoch: "first", address: "10.0.0.1:80", model: 1, at: START, ageAt: START, after: null };
const UNKNOWN = { name: "StoreFailure", outcome: "unknown" };

test("[A1] a commit that is answered with a warning has an unknown outcome, and so has a beat", async () => {
  const { store, warn } = await listed();
  const head = await store.takeOver(TAKEOVER);
  await warn("chain", true);

  await expect(store.commit(made("main", 1))).rejects.toMatchObject(UNKNOWN);
  await warn("chain", false);
  await expect(store.commit(group({ name: "main", first: 2 }))).rejects.toMatchObject({ outcome: "fenced" });

  await store.takeOver({ ...TAKEOVER, epoch: "second", after: { sequence: head.sequence + 1, term: "first" } });
  await warn("beat", true);
  await expect(store.beat()).rejects.toMatchObject(UNKNOWN);
  await store.close();
});

test("[N4] a confirmation that is answered with a warning is not sure", async () => {
  const { store, warn } = await listed();
  await store.takeOver(TAKEOVER);
  await warn("nodes", true);
  expect(await store.confirm()).toMatchObject({ head: { sequence: 1 }, sure: false });

  await warn("nodes", false);

  expect(await store.confirm()).toMatchObject({ head: { sequence: 1 }, sure: true });
  await store.close();
});

test("[T2] a takeover that was answered with a warning begins its term only behind an answer without one", async () => {
  const { store, warn } = await listed();
  await warn("chain", true);
  await expect(store.takeOver(TAKEOVER)).rejects.toMatchObject(UNKNOWN);
  await warn("chain", false);
  await warn("nodes", true);

  await expect(store.takeOver(TAKEOVER)).rejects.toMatchObject(UNKNOWN);
  await expect(store.commit(made("main", 1))).rejects.toMatchObject({ outcome: "fenced" });

  await warn("nodes", false);
  expect(await store.takeOver(TAKEOVER)).toEqual({ sequence: 1, term: "first" });
  await store.commit(made("main", 1));
  await store.close();
});
