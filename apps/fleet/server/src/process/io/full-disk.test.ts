import { memoryStore, type Store, StoreFailure } from "@neverstale/server";
import { sqliteStore } from "@neverstale/store-sqlite";
import { afterAll, describe, expect, test } from "vitest";
import { closeCode, Fleets, onlineHost, send, signInWith, upgrade } from "../../fleet/fleet-suite.ts";
import { databaseIn } from "./data-directory.ts";
import { round } from "./rounds.ts";

const fleets = new Fleets();
afterAll(() => fleets.end());

const PASSWORD = "a password of the admin";

/** A store that refuses all changes as long as it is told to. */
function disk(): { readonly store: Store; full: boolean } {
  const store = memoryStore();
  const state = { store, full: false };
  const commit = store.commit.bind(store);
  store.commit = (group) => {
    if (state.full) throw new StoreFailure("nothing_moved", "the disk is full");
    commit(group);
  };
  return state;
}

describe("while the disk is full", () => {
  test("it is not ready and says why; reading works, signing in works, and it is ready again by itself", async () => {
    const state = disk();
    const fleet = await fleets.start({ store: state.store, adminPassword: PASSWORD });
    const browser = await signInWith(fleet, PASSWORD);
    const host = await onlineHost(browser, "web-1");
    const ready = () => send(fleet.address, "GET", "/readyz");
    expect((await ready()).status).toBe(200);

    state.full = true;
    const refused = await browser.call("PATCH", `/api/hosts/${host.id}`, { tags: ["db"] });
    const notReady = await ready();
    const late = await signInWith(fleet, PASSWORD);

    expect(refused.body).toMatchObject({ status: 503, code: "store_unavailable" });
    expect(notReady.body).toMatchObject({
      status: 503,
      code: "store_unavailable",
      hint: expect.stringContaining("Free the disk"),
    });
    expect(notReady.body.detail).toContain("the disk is full");
    expect((await send(fleet.address, "GET", "/metrics")).text).toContain("neverstale_store_refuses 1\n");
    expect((await late.get("/api/state")).text).toContain("web-1");
    const { status, socket } = await upgrade(fleet, "/sync", { cookie: late.cookie, origin: fleet.address });
    expect(status).toBe(101);
    await round(fleet.parts, false).catch(() => {});
    expect((await ready()).status).toBe(503);

    state.full = false;
    await round(fleet.parts, false);
    expect((await ready()).status).toBe(200);
    expect((await late.get("/api/event-log")).text).toContain("store_recovered");
    const closed = closeCode(socket);
    expect((await late.post("/api/logout")).status).toBe(204);
    expect(await closed).toBe(4401);
    expect((await late.get("/api/session")).status).toBe(401);
  });

  test("[C16] a session in memory ends as others do", async () => {
    let now = Date.now();
    const state = disk();
    const fleet = await fleets.start({ store: state.store, adminPassword: PASSWORD, now: () => now });
    state.full = true;
    const browser = await signInWith(fleet, PASSWORD);
    const { socket } = await upgrade(fleet, "/sync", { cookie: browser.cookie, origin: fleet.address });
    const closed = closeCode(socket);
    expect((await browser.get("/api/session")).status).toBe(200);
    state.full = false;

    now += 25 * 60 * 60_000;
    await round(fleet.parts, true);

    expect(await closed).toBe(4401);
    expect((await browser.get("/api/session")).status).toBe(401);
  });

  test("a wrong password opens nothing then either", async () => {
    const state = disk();
    const fleet = await fleets.start({ store: state.store, adminPassword: PASSWORD });
    state.full = true;

    await expect(signInWith(fleet, "a wrong password of it")).rejects.toThrow("not_signed_in");
  });

  test("a database at its bound is such a disk", async () => {
    const dataDir = fleets.directory();
    const store = sqliteStore(databaseIn(dataDir), { maxBytes: 400_000 });
    const fleet = await fleets.start({ store, dataDir, adminPassword: PASSWORD });
    const browser = await signInWith(fleet, PASSWORD);
    const host = await onlineHost(browser, "web-1");

    let status = 200;
    for (let count = 0; status === 200 && count < 2_000; count += 1) {
      const tags = Array.from({ length: 20 }, (_, index) => `${count}-${index}`.padEnd(30, "x"));
      status = (await browser.call("PATCH", `/api/hosts/${host.id}`, { tags })).status;
    }

    expect(status).toBe(503);
    expect((await send(fleet.address, "GET", "/readyz")).status).toBe(503);
    expect((await (await signInWith(fleet, PASSWORD)).get("/api/state")).status).toBe(200);
  });
});
