import { cpSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { AUDIT_SPACE, type AuditChain, type AuditEvent, type OpOffer } from "@neverstale/fleet-domain";
import { sqliteStore } from "@neverstale/store-sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Browser, Fleets, makeHosts, onlineHost, signIn } from "../../fleet/fleet-suite.ts";
import type { FleetOptions } from "../../process/io/settings.ts";
import type { RunningFleet } from "../../process/io/start.ts";
import { copyFleet } from "../../store/io/copy-fleet.ts";
import { chainOf, eventsBetween } from "../archive.ts";
import { AuditKeeper } from "../audit-keeper.ts";
import { verifyAudit } from "./verify-audit.ts";

const fleets = new Fleets();
afterAll(() => fleets.end());

function startOn(directory: string, options: FleetOptions = {}): Promise<RunningFleet> {
  return fleets.start({ dataDir: directory, store: sqliteStore(join(directory, "fleet.db")), ...options });
}

/** So many audit events, each of them a change that somebody made. */
async function rename(browser: Browser, host: string, times: number): Promise<void> {
  for (let index = 0; index < times; index += 1)
    await browser.call("PATCH", `/api/hosts/${host}`, { location: `${index}` });
}

function chained(fleet: RunningFleet): Promise<readonly AuditEvent[]> {
  return eventsBetween(fleet.manager, 1, (chainOf(fleet.manager)?.sequence ?? 0) + 1);
}

describe("the chain of one server", () => {
  let directory: string;
  let browser: Browser;

  beforeAll(async () => {
    directory = fleets.directory();
    const fleet = await startOn(directory);
    browser = await signIn(fleet);
    await onlineHost(browser, "web-1");
    await rename(browser, "web-1", 10);
    await browser.post("/api/dispatch", { op: "count", hosts: ["web-1"], args: { to: 7 } });
    await fleet.close();
  });

  /** It alters a copy of the database as somebody would who can write to the file. */
  function altered(...statements: string[]): string {
    const copy = fleets.directory();
    cpSync(directory, copy, { recursive: true });
    const db = new DatabaseSync(join(copy, "fleet.db"));
    for (const statement of statements) db.exec(statement);
    db.close();
    return copy;
  }

  const idOf = (sequence: number) => `audit-${String(sequence).padStart(12, "0")}`;
  const events = "space_id = (SELECT space_id FROM spaces WHERE name = 'audit') AND collection = 'events' AND id";

  test("[C44] it is proved from its first event to its head, while the server works and when it has ended", async () => {
    const closed = await verifyAudit(directory);
    const fleet = await startOn(directory);
    const running = await verifyAudit(directory);
    await fleet.close();

    expect(closed).toMatchObject({ proved: true, break: null, beforeChain: 0, first: { sequence: 1 }, anchor: null });
    expect(closed?.events).toBe(closed?.head.sequence);
    expect(running).toMatchObject({ proved: true, break: null });
  });

  test("[C44] an event says who did what to whom, from where, with which arguments, and what came of it", async () => {
    const fleet = await startOn(directory);
    const all = await chained(fleet);

    const dispatched = all.find(({ action }) => action === "op_dispatched");
    expect(dispatched).toMatchObject({
      actor: "admin",
      evidence: { address: "127.0.0.1", targets: ["web-1"], args: { to: 7 }, result: "accepted" },
    });
    expect(dispatched?.evidence?.session).toMatch(/^[0-9a-f]{22}$/);
    expect(all.find(({ action }) => action === "signed_in")?.evidence?.session).toBe(dispatched?.evidence?.session);
    await fleet.close();
  });

  test.each([
    ["altered", `UPDATE records SET text = replace(text, 'web-1', 'web-9') WHERE ${events} = '${idOf(5)}'`, 5],
    ["altered", `UPDATE records SET text = json_set(text, '$.actor', 'nobody') WHERE ${events} = '${idOf(1)}'`, 1],
    ["altered", `UPDATE records SET text = '{ no event' WHERE ${events} = '${idOf(5)}'`, 5],
    ["altered", `UPDATE records SET text = 'null' WHERE ${events} = '${idOf(5)}'`, 5],
    ["missing", `DELETE FROM records WHERE ${events} = '${idOf(6)}'`, 6],
    ["missing", `DELETE FROM records WHERE ${events} = '${idOf(1)}'`, 1],
    ["missing", `DELETE FROM records WHERE ${events} >= '${idOf(9)}'`, 9],
    ["missing", `DELETE FROM records WHERE ${events} LIKE 'audit-%'`, 1],
  ] as const)("[C44] a row that is %s is found: %s", async (what, statement, sequence) => {
    const verdict = await verifyAudit(altered(statement));

    expect(verdict).toMatchObject({ proved: false, break: { what, id: idOf(sequence) } });
  });

  test("[C44] rows that changed places are found", async () => {
    const swap = `UPDATE records SET text = CASE id
        WHEN '${idOf(4)}' THEN (SELECT text FROM records WHERE ${events} = '${idOf(7)}')
        ELSE (SELECT text FROM records WHERE ${events} = '${idOf(4)}') END
      WHERE ${events} IN ('${idOf(4)}', '${idOf(7)}')`;

    const verdict = await verifyAudit(altered(swap));

    expect(verdict).toMatchObject({ proved: false, break: { what: "reordered", id: idOf(7) } });
    expect(verdict?.break?.detail).toContain(idOf(4));
  });

  test("[C44] a row that was put in is found, with a hash and without one", async () => {
    const columns = "INSERT INTO records SELECT space_id, collection";
    const from = `FROM records WHERE ${events} = '${idOf(5)}'`;
    const text = "json_set(text, '$.at', '2099-01-01T00:00:00.000Z')";
    const behind = altered(`${columns}, '${idOf(999)}', version, text ${from}`);
    const older = altered(`${columns}, 'old-1', version, json_remove(${text}, '$.hash', '$.sequence') ${from}`);

    expect((await verifyAudit(behind))?.proved).toBe(false);
    expect(await verifyAudit(older)).toMatchObject({ proved: false, break: { what: "inserted" } });
  });

  test("[C44] an event with a hash of its own that was made anew does not fit the next one", async () => {
    const { createHash } = await import("node:crypto");
    const { canonicalJson } = await import("@neverstale/protocol");
    const fleet = await startOn(directory);
    const event = (await chained(fleet))[4] as AuditEvent;
    await fleet.close();
    const { hash: _, ...rest } = { ...event, actor: "somebody" };
    const forged = {
      ...rest,
      hash: createHash("sha256")
        .update(canonicalJson(rest as never))
        .digest("hex"),
    };

    const verdict = await verifyAudit(
      altered(
        `UPDATE records SET text = '${JSON.stringify(forged).replaceAll("'", "''")}' WHERE ${events} = '${idOf(5)}'`,
      ),
    );

    expect(verdict).toMatchObject({ proved: false, break: { what: "altered", id: idOf(6) } });
  });

  test("[C44] a head that was noted elsewhere must still be in the chain", async () => {
    const head = (await verifyAudit(directory))?.head ?? { sequence: 0, hash: "" };
    const other = { ...head, hash: head.hash.replace(/^./, (digit) => (digit === "0" ? "1" : "0")) };

    expect((await verifyAudit(directory, head))?.proved).toBe(true);
    expect(await verifyAudit(directory, other)).toMatchObject({ proved: false, break: { what: "altered" } });
    expect((await verifyAudit(directory, { ...head, sequence: head.sequence + 5 }))?.proved).toBe(false);
  });

  test("a copy of the store is proved with the same head, also when its chain goes on", async () => {
    const target = fleets.directory();

    await copyFleet(directory, join(target, "fleet.db"));

    const copied = await verifyAudit(target);
    expect(copied).toEqual(await verifyAudit(directory));
    const fleet = await startOn(target);
    await fleet.parts.transactions.transact((work) => work.fleet);
    await fleet.close();
    expect((await verifyAudit(target))?.proved).toBe(true);
  });
});

test("[B140] [C44] what leaves the live state is in the archive, and what is let go of leaves its hash as the anchor", async () => {
  const directory = fleets.directory();
  const fleet = await startOn(directory, { auditLimit: 20 });
  const browser = await signIn(fleet);
  await onlineHost(browser, "web-1");
  const { manager, parts } = fleet;
  const keeper = new AuditKeeper({ ...parts, kept: { events: 30, ageMs: 86_400_000 }, waiting: 10 });
  for (let batch = 0; batch < 6; batch += 1) {
    await rename(browser, "web-1", 25);
    await keeper.round();
  }

  const chain = chainOf(manager) as AuditChain;
  expect(manager.space(AUDIT_SPACE)?.state.events?.size).toBe(20);
  expect(chain.archived - (chain.anchor?.sequence ?? 0)).toBeLessThanOrEqual(30);
  expect(keeper.metrics).toMatchObject({ auditEvents: chain.sequence, limitAuditEventsArchived: 30 });
  const kept = await eventsBetween(manager, 1, chain.sequence + 1);
  expect(kept.map(({ sequence }) => sequence)).toEqual(
    Array.from({ length: kept.length }, (_, index) => chain.sequence - kept.length + 1 + index),
  );
  await fleet.close();
  const verdict = await verifyAudit(directory);
  expect(verdict).toMatchObject({ proved: true, anchor: { sequence: chain.anchor?.sequence } });
  expect(verdict?.events).toBe(chain.sequence - (chain.anchor?.sequence ?? 0));

  const db = new DatabaseSync(join(directory, "fleet.db"));
  db.exec(
    "UPDATE points SET text = replace(text, 'web-1', 'web-2') WHERE step = 1 AND at = (SELECT max(at) FROM points WHERE step = 1)",
  );
  db.close();
  const altered = await verifyAudit(directory);
  expect(altered).toMatchObject({ proved: false, break: { what: "altered" } });
  for (const text of ["no event", "null", ""]) {
    const again = new DatabaseSync(join(directory, "fleet.db"));
    again.exec(
      `UPDATE points SET text = '${text}' WHERE step = 1 AND at = (SELECT max(at) FROM points WHERE step = 1)`,
    );
    again.close();
    expect(await verifyAudit(directory)).toMatchObject({ proved: false, break: { what: "altered", at: null } });
  }
});

test("[C44] events that left the live state at once, before they were archived, are found in the history", async () => {
  const directory = fleets.directory();
  const fleet = await startOn(directory, { auditLimit: 5 });
  const browser = await signIn(fleet);
  await onlineHost(browser, "web-1");
  await rename(browser, "web-1", 30);

  const { sequence } = chainOf(fleet.manager) as AuditChain;
  expect((await chained(fleet)).map((event) => event.sequence)).toEqual(
    Array.from({ length: sequence }, (_, i) => i + 1),
  );
  await new AuditKeeper({ ...fleet.parts, kept: { events: 1_000, ageMs: 1e12 }, waiting: 1 }).round();
  expect(chainOf(fleet.manager)?.archived).toBe(sequence);
  await fleet.close();
  expect(await verifyAudit(directory)).toMatchObject({ proved: true, events: sequence });
});

test("[C44] a store of an older release gets a chain that begins with an event which says so", async () => {
  const directory = fleets.directory();
  const fleet = await startOn(directory);
  const browser = await signIn(fleet);
  await onlineHost(browser, "web-1");
  await fleet.close();
  const db = new DatabaseSync(join(directory, "fleet.db"));
  db.exec(`UPDATE records SET text = json_remove(text, '$.hash', '$.previousHash', '$.sequence', '$.evidence', '$.id'), id = replace(id, 'audit-', 'o')
    WHERE collection = 'events' AND id LIKE 'audit-%'`);
  db.exec("UPDATE records SET text = json_set(text, '$.id', id) WHERE collection = 'events'");
  db.exec("DELETE FROM records WHERE collection = 'chains'");
  db.exec("UPDATE spaces SET digest = NULL");
  db.close();
  expect(await verifyAudit(directory)).toBeNull();

  const again = await startOn(directory);
  await rename(new Browser(again, browser.cookie, browser.csrf), "web-1", 2);
  const [first] = await chained(again);
  await again.close();

  expect(first).toMatchObject({ sequence: 1, action: "audit_chain_begun" });
  const verdict = await verifyAudit(directory);
  expect(verdict).toMatchObject({ proved: true, break: null });
  expect(verdict?.beforeChain).toBeGreaterThan(2);
});

test("[B141] what an event says of its targets and arguments is bounded, and a hash stands for the rest", async () => {
  const fleet = await fleets.start();
  const browser = await signIn(fleet);
  const names = Array.from({ length: 10 }, (_, index) => `text${index}`);
  const op: OpOffer = { name: "note", args: names.map((name) => ({ name, type: "text", maxLength: 500 })) };
  const hosts = await makeHosts(fleet, 300, [op]);
  await browser.post("/api/dispatch", {
    op: "note",
    hosts,
    args: Object.fromEntries(names.map((name) => [name, "a".repeat(500)])),
  });

  const event = (await chained(fleet)).find(({ action }) => action === "op_dispatched") as AuditEvent;
  expect(event.evidence).toMatchObject({ targetCount: 300 });
  expect(event.evidence?.targets).toHaveLength(50);
  expect(event.evidence?.targetsHash).toMatch(/^[0-9a-f]{64}$/);
  expect(event.evidence?.argsHash).toMatch(/^[0-9a-f]{64}$/);
  expect(event.evidence?.args).toBeUndefined();
  expect(JSON.stringify(event).length).toBeLessThan(6_000);
});
