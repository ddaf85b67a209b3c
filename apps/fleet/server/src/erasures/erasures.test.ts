import { join } from "node:path";
import { memoryStore } from "@neverstale/server";
import { sqliteStore } from "@neverstale/store-sqlite";
import { afterAll, expect, test } from "vitest";
import { inviteUser } from "../accounts/users.ts";
import { verifyAudit } from "../audit/io/verify-audit.ts";
import { Browser, dispatchUptime, Fleets, onlineHost, signIn } from "../fleet/fleet-suite.ts";
import { accountsIn } from "../fleet/state.ts";
import type { Work } from "../fleet/work.ts";
import type { RunningFleet } from "../process/io/start.ts";
import { eraseLive, MOST_ERASURES } from "./decide.ts";

const fleets = new Fleets();
afterAll(() => fleets.end());

/** So many commands that ran and have ended, with their events: more than the live state holds. */
async function past(fleet: RunningFleet, host: string, by: string, count: number): Promise<void> {
  for (let done = 0; done < count; done += 50)
    await fleet.parts.transactions.transact((work) => {
      for (let index = done; index < Math.min(count, done + 50); index += 1)
        leave(work, host, by, `${by}-${host}-${index}`);
    });
}

function leave(work: Work, host: string, requestedBy: string, id: string): void {
  const at = work.at.iso;
  const made = { id, host, op: "uptime", args: {}, requestedBy, outputBytes: 0, createdAt: at, finishedAt: at };
  work.change("command_started", host, { ...made, status: "blocked", retired: true });
  const told = { id: `e-${id}`, at, category: "system", level: "info", actor: requestedBy, host } as const;
  work.change("event", host, { ...told, action: "something_happened", message: id });
}

async function idsIn(fleet: RunningFleet, collection: "commands" | "events", space = "main"): Promise<string[]> {
  const live = space === "main" ? [...fleet.manager.state[collection].keys()] : [];
  const rows = await fleet.manager.history({ space, collection, limit: 100_000 });
  return [...rows.map(({ id }) => id), ...live];
}

const none = async (fleet: RunningFleet, text: string) => [
  (await idsIn(fleet, "commands")).filter((id) => id.includes(text)),
  (await idsIn(fleet, "events")).filter((id) => id.includes(text)),
];

test.each([
  ["memory", () => memoryStore()],
  ["SQLite", () => sqliteStore(join(fleets.directory(), "fleet.db"))],
] as const)(
  "what a host has left goes from the state and the history, in %s; others and the audit stay",
  async (_, store) => {
    const fleet = await fleets.start({ store: store() });
    const browser = await signIn(fleet);
    const gone = await onlineHost(browser, "gone-1");
    await onlineHost(browser, "stays-1");
    const id = await dispatchUptime(browser, gone);
    await gone.claim(id);
    for (let offset = 0; offset < 400_000; offset += 4_000)
      await gone.report({ type: "output", commandId: id, offset, bytes: 4_000, text: "x".repeat(4_000) });
    await gone.finished(id, "succeeded", 400_000);
    for (const host of ["stays-1", "gone-1", "stays-1", "gone-1"]) await past(fleet, host, `u${host.length}`, 150);

    const early = await browser.post("/api/erasures", { host: "gone-1" });
    await browser.call("DELETE", "/api/hosts/gone-1");
    const asked = await browser.post("/api/erasures", { host: "gone-1" });
    expect((await browser.get("/api/erasures")).body).toMatchObject([{ kind: "host", subject: "gone-1", by: "admin" }]);
    await fleet.parts.eraser.round();

    expect([early.status, asked.status]).toEqual([400, 202]);
    expect(await none(fleet, "gone-1")).toEqual([[], []]);
    const [commands = [], events = []] = await none(fleet, "stays-1");
    expect([commands.length, new Set(commands).size, events.length]).toEqual([300, 150, 300]);
    expect((await browser.get(`/api/commands/${id}/output`)).status).toBe(404);
    expect(await fleet.manager.history({ space: `output/${id}`, limit: 5 })).toEqual([]);
    expect(accountsIn(fleet.manager)?.erasures.size).toBe(0);
    const audit = (await browser.get("/api/audit/export?format=json&host=gone-1")).text;
    expect(audit).toContain("host_enrolled");
    expect((await browser.get("/api/audit/export?format=json&action=erased")).text).toContain("gone-1");
    expect((await browser.get("/api/hosts/stays-1/output")).status).toBe(200);
  },
);

test("what a person has left goes, but for the audit, which is proved as before; what runs still goes once it has ended", async () => {
  const directory = fleets.directory();
  const open = () => fleets.start({ dataDir: directory, store: sqliteStore(join(directory, "fleet.db")) });
  const fleet = await open();
  const browser = await signIn(fleet);
  const host = await onlineHost(browser, "web-1");
  await fleet.parts.transactions.transact((work) =>
    inviteUser(work, "admin", { name: "maria", role: "operator" }, "link"),
  );
  await past(fleet, "web-1", "maria", 300);
  await past(fleet, "web-1", "admin", 100);
  const id = await dispatchUptime(browser, host);
  await host.claim(id);
  await fleet.parts.transactions.transact((work) =>
    work.change("command_progress", "web-1", { id, requestedBy: "maria" }),
  );
  await browser.call("DELETE", "/api/users/maria");
  await browser.post("/api/erasures", { user: "maria" });
  await fleet.parts.eraser.round();
  const left = (await idsIn(fleet, "commands")).filter((each) => each.includes("maria") || each === id);
  await host.finished(id, "succeeded");
  const [waiting] = accountsIn(fleet.manager)?.erasures.values() ?? [];
  if (waiting !== undefined) await fleet.parts.transactions.transact((work) => eraseLive(work, waiting)); // A kill comes amid it.
  await fleet.close();

  const again = await open();
  await again.parts.eraser.round();
  expect(left.includes(id)).toBe(true);
  expect(await none(again, "maria")).toEqual([[], []]);
  expect((await idsIn(again, "commands")).filter((each) => each.includes("admin")).length).toBeGreaterThanOrEqual(100);
  const admin = new Browser(again, browser.cookie, browser.csrf);
  expect((await admin.get("/api/audit/export?format=json&action=user_removed")).text).toContain("maria");
  await again.close();
  expect(await verifyAudit(directory)).toMatchObject({ proved: true, break: null });
});

test("[B146] so many erasures wait: one more is told to come back", async () => {
  const fleet = await fleets.start();
  const browser = await signIn(fleet);
  const answers = [];
  for (let index = 0; index <= MOST_ERASURES; index += 1)
    answers.push((await browser.post("/api/erasures", { host: `gone-${index}` })).status);

  // A round may have carried some out meanwhile.
  expect(new Set(answers.slice(0, MOST_ERASURES))).toEqual(new Set([202]));
  await fleet.parts.transactions.transact((work) => {
    for (let index = work.accounts.erasures.size; index < MOST_ERASURES; index += 1) {
      const id = `full-${index}`;
      work.changeAccounts("erasure_asked", id, { id, kind: "host", subject: id, by: "admin", askedAt: work.at.iso });
    }
  });
  const more = await browser.post("/api/erasures", { user: "somebody" });
  expect([more.status, more.headers["retry-after"]]).toEqual([429, "60"]);
  expect((await browser.post("/api/erasures", { user: "a", host: "b" })).status).toBe(400);
  for (const nobody of ["server", "agent:web-1", "schedule:nightly"]) // They are no persons who were removed.
    expect((await browser.post("/api/erasures", { user: nobody })).status).toBe(400);
  expect((await browser.get("/metrics")).text).toMatch(/neverstale_limit_erasures 100/);
});
