import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fold, made, opened, record } from "@neverstale/server/store/contract-suite";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { PostgresStore } from "../postgres-store.ts";
import { requireFit, type ServerFacts, serverFacts } from "../server-facts.ts";
import { STEPS } from "../statements/schema.ts";
import { targetFrom } from "./address.ts";
import { connect } from "./connection.ts";
import { type PostgresStoreOptions, postgresStore } from "./create.ts";
import { migratePostgres } from "./migrate.ts";
import { ANOTHER_AUTHORITY, AUTHORITY, SERVER_CERTIFICATE, SERVER_KEY } from "./test-certificates-suite.ts";
import { asOwner, freePort, startTestServer, TestServer } from "./test-server-suite.ts";

let server: TestServer;
let stores: PostgresStore[] = [];

const HBA = `host all keyed 127.0.0.1/32 scram-sha-256
host all stranger 127.0.0.1/32 reject
host all all 127.0.0.1/32 trust
`;

beforeAll(async () => {
  server = await startTestServer({ autovacuum: "off" });
  writeFileSync(join(server.data, "pg_hba.conf"), HBA);
  await server.sql(`SELECT pg_reload_conf();
CREATE ROLE keyed LOGIN PASSWORD 'right';
CREATE ROLE stranger LOGIN;
CREATE ROLE poor LOGIN;
CREATE ROLE careless LOGIN SUPERUSER;
ALTER ROLE careless SET synchronous_commit = off`);
});

afterEach(async () => {
  for (const store of stores) await store.close();
  stores = [];
});

afterAll(() => server?.end());

function storeAt(url: string, options: PostgresStoreOptions = {}): PostgresStore {
  const store = postgresStore(url, options);
  stores.push(store);
  return store;
}

/** It returns what the store says, as one text. */
async function refusal(url: string, options: PostgresStoreOptions = {}): Promise<string> {
  const error = await storeAt(url, options)
    .read()
    .then(
      () => null,
      (thrown) => thrown,
    );
  expect(error).toMatchObject({ name: "SyncError", code: "store_unavailable" });
  return `${error.message} ${error.hint}`;
}

test("a wrong password is said, and stands in no error", async () => {
  const url = server.url({ user: "keyed", password: "s3cret-wrong" });
  const error = await storeAt(url)
    .read()
    .catch((thrown) => thrown);

  expect(error).toMatchObject({ code: "store_unavailable", message: expect.stringContaining("the password is wrong") });
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const all = `${cause.stack} ${JSON.stringify(cause)} ${JSON.stringify(Object.getOwnPropertyDescriptors(cause))}`;
    expect(all).not.toContain("s3cret");
  }
});

test("what is no URL of a database is refused at once, without the password", () => {
  for (const url of [
    "postgres://u:s3cret@",
    "s3cret",
    "mysql://u:s3cret@h/d",
    "postgres://u:s3cret@h:port/d",
    "postgres://u:s3cret@h/d?s3=1",
  ]) {
    const make = () => postgresStore(url);
    expect(make).toThrow(/the URL of the database/);
    expect(make).not.toThrow(/s3cret/);
  }
});

test("a user who is not let in is told so", async () => {
  expect(await refusal(server.url({ user: "stranger" }))).toMatch(/does not let this user in.*pg_hba\.conf/);
});

test("where nothing listens, that is said", async () => {
  expect(await refusal(server.url({ port: await freePort() }))).toMatch(/nothing listens there/);
});

test("a database that is not there is told from one that may not be used", async () => {
  await server.sql("CREATE DATABASE closed");
  await server.sql("REVOKE CONNECT ON DATABASE closed FROM PUBLIC");

  expect(await refusal(server.url({ database: "nowhere" }))).toMatch(/there is no such database/);
  expect(await refusal(server.url({ database: "closed", user: "poor" }))).toMatch(/has not the rights/);
});

test("a role that may not make the schema is told what to call, and then serves with the fewest rights", async () => {
  const [url, schema] = [server.url({ user: "poor" }), "narrow"];
  expect(await refusal(url, { schema })).toMatch(/may not use or alter the schema "narrow".*migratePostgres/);

  await migratePostgres(server.url(), { schema, grantTo: "poor" });

  const store = storeAt(url, { schema, retention: { logChanges: 0, historyRows: 0 } });
  await store.enterNode({ id: "n1", address: "10.0.0.1:80", model: 1, token: "t" });
  await opened(store);
  await store.commit(made("main", 2));
  await store.commit({ ...made("x", 1), at: 1, ageAt: 1 });
  await store.fold(fold("main", 2, { records: [record("a", 2)] }));
  await store.beat();
  expect(await store.confirm()).toMatchObject({ head: { sequence: 3 }, sure: true });
  expect(await store.listNodes()).toMatchObject([{ id: "n1", counter: 1 }]);
  await store.leaveNode();
  const rights = await server.sql(`SELECT has_schema_privilege('poor', 'narrow', 'CREATE') AS makes,
    has_table_privilege('poor', 'narrow.chain', 'TRUNCATE') AS empties`);
  expect(rights).toEqual([{ makes: false, empties: false }]);
});

test("an encoding that can't hold every text is refused", async () => {
  await server.sql("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");

  expect(await refusal(server.url({ database: "latin" }))).toMatch(/encoded as LATIN1.*UTF8/);
});

test("[A1] a server that would lose what it acknowledged is refused, whoever turned it off", async () => {
  expect(await refusal(server.url({ user: "careless" }))).toMatch(/`synchronous_commit` is off.*Set it to `on`/);

  await setting("fsync", "off");
  expect(await refusal(server.url())).toMatch(/`fsync` is off.*Set `fsync = on`/);
  await setting("fsync", "on");
});

test.each(["fsync", "synchronous_commit"])(
  "[A1] where %s is turned off later, no commit is acknowledged from then on",
  async (name) => {
    const store = storeAt(server.url(), { schema: `later_${name}` });
    await opened(store);
    await store.commit(made("main", 1));

    await setting(name, "off");
    await expect
      .poll(() =>
        store.commit(made("refused", 1)).then(
          () => "",
          (error) => `${error.outcome}: ${error.message}`,
        ),
      )
      .toMatch(new RegExp(`nothing_moved: \`${name}\` is off`));
    await setting(name, "on");

    await expect
      .poll(() =>
        store.commit(made("stored", 1)).then(
          () => "stored",
          (error) => error.outcome,
        ),
      )
      .toBe("stored");
  },
);

test("where a database may only be read, that is said, and commits go on once it may be written again", async () => {
  await server.sql("CREATE ROLE held LOGIN SUPERUSER");
  const url = server.url({ user: "held" });
  const store = storeAt(url, { schema: "only_read" });
  await opened(store);
  const committed = (name: string) =>
    store.commit(made(name, 1)).then(
      () => "stored",
      (error) => `${error.outcome}: ${error.message}`,
    );

  await server.sql("ALTER ROLE held SET default_transaction_read_only = on");
  await server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'neverstale'");
  await expect.poll(() => store.metrics().store_connections_open).toBe(0);
  expect(await committed("refused")).toMatch(/nothing_moved: .*`default_transaction_read_only` is on/);
  expect(await refusal(url)).toMatch(/`default_transaction_read_only` is on.*Set it to `off`/);
  await server.sql("ALTER ROLE held RESET default_transaction_read_only");

  await expect.poll(() => committed("stored")).toBe("stored");
});

test("a session is given up when a statement finds that it may only read", async () => {
  const target = targetFrom(server.url());
  const connection = await connect(target, { connectMs: 5_000, answerMs: 10_000 });
  await connection.run({ text: "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", values: [] });

  const failure = await connection.run({ text: "CREATE TABLE never ()", values: [] }).catch((error) => error);

  expect(failure).toMatchObject({ outcome: "nothing_moved", state: "25006" });
  expect(connection.isLost).toBe(true);
});

async function setting(name: string, value: string): Promise<void> {
  await server.sql(`ALTER SYSTEM SET ${name} = ${value}`);
  await server.sql("SELECT pg_reload_conf()");
  await expect.poll(async () => (await server.sql(`SHOW ${name}`))[0]).toEqual({ [name]: value });
}

test("a server that is too old is refused", async () => {
  const [facts] = await server.sql(serverFacts().text);

  expect(() => requireFit("a database", facts as unknown as ServerFacts)).not.toThrow();
  expect(() => requireFit("a database", facts as unknown as ServerFacts, 99)).toThrow(/the server is PostgreSQL \d+$/);
});

test("a standby's address is refused", async () => {
  const standby = await standbyOf(server);
  try {
    expect(await refusal(standby.url())).toMatch(/is a standby.*primary's address/);
  } finally {
    await standby.end();
  }
});

/** It is a copy of a server that was stopped for it, and it waits for what never comes. */
async function standbyOf(primary: TestServer): Promise<TestServer> {
  const folder = `${primary.folder}-standby`;
  await primary.stop();
  const copied = spawnSync("cp", ["-a", primary.folder, folder], { encoding: "utf8" });
  await primary.start();
  if (copied.status !== 0) throw new Error(copied.stderr);
  const standby = new TestServer(primary.programs, folder, await freePort(), {});
  writeFileSync(join(standby.data, "standby.signal"), "");
  await standby.start();
  return standby;
}

test("a schema of a newer release is left alone", async () => {
  const schema = "newer";
  await opened(storeAt(server.url(), { schema }));
  await server.sql(`UPDATE ${schema}.schema_version SET version = 99`);

  await expect(storeAt(server.url(), { schema }).read()).rejects.toMatchObject({
    code: "store_newer_than_code",
    message: expect.stringContaining("version 99"),
  });
});

test("nodes that open an empty database at once make its tables once", async () => {
  const nodes = Array.from({ length: 8 }, () => storeAt(server.url(), { schema: "crowded" }));

  const contents = await Promise.all(nodes.map((node) => node.read()));

  expect(contents.map(({ head }) => head)).toEqual(nodes.map(() => null));
  expect(await server.sql("SELECT version FROM crowded.schema_version")).toEqual([{ version: STEPS.length }]);
});

test("a schema of an older release gets the tables that it lacks, and what it holds stays", async () => {
  const before = storeAt(server.url(), { schema: "older" });
  await opened(before);
  await before.close();
  await server.sql("DROP TABLE older.points");
  await server.sql("UPDATE older.schema_version SET version = 1");

  const store = storeAt(server.url(), { schema: "older" });
  expect((await opened(store)).epochs).toEqual(["term-1"]);
  await store.appendPoints([{ step: 10, at: 100, series: "a", text: "1;" }]);

  expect(await store.pointTimes({ step: 10, upTo: 900, limit: 9 })).toEqual([100]);
});

test("TLS is used where the URL asks for it, and only with a certificate of the named authority", async () => {
  const files = { "server.pem": SERVER_CERTIFICATE, "ca.pem": AUTHORITY, "other.pem": ANOTHER_AUTHORITY };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(server.folder, name), text);
  const { uid = process.getuid?.() ?? 0 } = asOwner();
  writeFileSync(join(server.folder, "server.key"), SERVER_KEY, { mode: 0o600 });
  spawnSync("chown", [String(uid), join(server.folder, "server.key")]);
  const asks = (file: string, mode = "verify-full") =>
    server.url({ query: `sslmode=${mode}&sslrootcert=${encodeURIComponent(join(server.folder, file))}` });
  expect(await refusal(asks("ca.pem"))).toMatch(/does not support SSL.*Turn TLS on.*sslmode=disable/);
  await server.sql(`ALTER SYSTEM SET ssl_cert_file = '${join(server.folder, "server.pem")}'`);
  await server.sql(`ALTER SYSTEM SET ssl_key_file = '${join(server.folder, "server.key")}'`);
  await setting("ssl", "on");

  const store = storeAt(asks("ca.pem"), { schema: "tls" });
  await opened(store);
  const used = await server.sql(`SELECT count(*) > 0 AS used FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
    WHERE ssl AND application_name = 'neverstale'`);
  expect(used).toEqual([{ used: true }]);
  for (const mode of ["verify-full", "verify-ca", "require"])
    expect(await refusal(asks("other.pem", mode))).toMatch(/certificate is not to be trusted.*sslrootcert/);
  expect(await refusal(asks("ca.pem").replace("127.0.0.1", "localhost"))).toMatch(/certificate is not to be trusted/);
  await setting("ssl", "off");
});

test("it makes no backup of its own, and says who does", async () => {
  const store = storeAt(server.url(), { schema: "kept" });
  await opened(store);

  await expect(store.backup("somewhere")).rejects.toMatchObject({
    code: "store_unavailable",
    hint: expect.stringContaining("pg_dump"),
  });
});
