import { AUDIT_BEGINNING_ID, type AuditEvent } from "@neverstale/fleet-domain";
import { memoryStore } from "@neverstale/server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Browser, Fleets, signIn } from "../fleet/fleet-suite.ts";
import type { RunningFleet } from "../process/io/start.ts";
import { auditIn } from "./archive.ts";
import { AuditProofs } from "./audit-proofs.ts";

const fleets = new Fleets();
let fleet: RunningFleet;
let browser: Browser;

beforeAll(async () => {
  fleet = await fleets.start({ store: memoryStore() });
  browser = await signIn(fleet);
  for (const name of ["maria", "paul", "ada"]) await browser.post("/api/users", { name, role: "viewer" });
});
afterAll(() => fleets.end());

/** The same audit, but with one event that somebody wrote anew. */
function altered(alter: (event: AuditEvent) => AuditEvent | null) {
  const audit = auditIn(fleet.manager);
  if (audit === null) throw new Error("nothing was audited");
  const events = new Map(
    [...audit.events].flatMap(([id, event]) => {
      const next = event.sequence === 3 ? alter(event) : event;
      return next === null ? [] : [[id, next] as const];
    }),
  );
  const { points } = fleet.manager;
  const history: RunningFleet["manager"]["history"] = (query) => fleet.manager.history(query);
  const space = () => ({ state: { ...audit, events } });
  return { space, points, history } as unknown as RunningFleet["manager"];
}

const provedIn = (manager: RunningFleet["manager"], most?: number) =>
  new AuditProofs({
    manager,
    hashOf: fleet.parts.transactions.moment().hashOf,
    pause: async () => {},
    ...(most === undefined ? {} : { most }),
  }).prove();

test("[C44] an admin has the server prove its audit, and what was altered or taken out is told by its place", async () => {
  const { status, body } = await browser.get("/api/audit/proof");
  const chain = auditIn(fleet.manager)?.chains.get(AUDIT_BEGINNING_ID);

  expect(status).toBe(200);
  expect(body).toMatchObject({ proved: true, from: 1, events: chain?.sequence, head: { hash: chain?.hash } });
  expect(await provedIn(altered((event) => ({ ...event, actor: "somebody" })))).toMatchObject({
    proved: false,
    break: { id: "audit-000000000003", what: "altered" },
  });
  expect(await provedIn(altered(() => null))).toMatchObject({
    proved: false,
    break: { id: "audit-000000000003", what: "missing" },
  });
});

test("[B174] one proof looks at a bounded number of the newest events, and one runs at a time", async () => {
  const sequence = auditIn(fleet.manager)?.chains.get(AUDIT_BEGINNING_ID)?.sequence ?? 0;
  let goOn = () => {};
  const proofs = new AuditProofs({
    manager: fleet.manager,
    hashOf: fleet.parts.transactions.moment().hashOf,
    pause: () => new Promise((resolve) => (goOn = resolve)),
  });

  expect(await provedIn(fleet.manager, 2)).toMatchObject({ proved: true, events: 2, from: sequence - 1 });
  const first = proofs.prove();
  await expect(proofs.prove()).rejects.toMatchObject({ code: "too_many_requests" });
  expect(proofs.metrics).toEqual({ auditProofs: 1, limitAuditProofs: 1, auditProofsRefusedTotal: 1 });
  await expect
    .poll(() => {
      goOn();
      return proofs.metrics.auditProofs;
    })
    .toBe(0);
  expect((await first).proved).toBe(true);
});
