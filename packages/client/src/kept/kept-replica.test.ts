// @vitest-environment jsdom
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { full } from "../machine/machine-rig-suite.ts";
import { BUCKETS } from "./buckets.ts";
import { LONGEST_KEPT_MS } from "./decisions.ts";
import { indexedDbPlace } from "./io/indexed-db.ts";
import { kept } from "./io/kept.ts";
import { KeptBrowser, type KeptPage } from "./kept-rig-suite.ts";
import type { KeptPlace } from "./place.ts";

async function keptBrowser(): Promise<KeptBrowser> {
  const browser = new KeptBrowser();
  browser.authority.put("web-1", 1);
  browser.authority.put("web-2", 2);
  (await browser.open().follow()).leave();
  return browser;
}

describe("a reload", () => {
  test("[X8] shows at once what was shown before, as not confirmed and with its age, and resumes by a diff", async () => {
    const browser = await keptBrowser();
    browser.wall += 60_000;
    const page = browser.open();
    await page.settle();

    expect(page.hosts).toEqual([
      { id: "web-1", cpu: 1 },
      { id: "web-2", cpu: 2 },
    ]);
    expect(page.sync.status.type).toBe("connecting");
    expect(page.sync.confirmedAgeMs).toBeGreaterThanOrEqual(60_000);
    expect(browser.wall - (page.sync.keptFrom ?? 0)).toBeGreaterThanOrEqual(60_000);
    browser.authority.remove("web-2");
    page.connect();

    expect(page.io.socket.url.searchParams.get("version")).toBe("2");
    expect(page.hosts).toEqual([{ id: "web-1", cpu: 1 }]);
    expect(page.sync.status).toEqual({ type: "live" });
    expect(page.sync.counters.resyncs.digest).toBe(0);
  });

  test("[X8] tells those who listen of what it shows, and opens no connection before", async () => {
    const browser = await keptBrowser();
    const page = browser.open();
    let told = 0;
    page.sync.subscribeRecord("hosts", "web-1", () => told++);

    expect(page.io.sockets).toHaveLength(0);
    await page.settle();

    expect(told).toBe(1);
    expect(page.io.sockets).toHaveLength(1);
  });

  test("[X8] [P5] records that are other than the authority's are found by the first digest, and healed", async () => {
    const browser = await keptBrowser();
    const [meta] = await browser.metas();
    await (indexedDbPlace(browser.database) as KeptPlace).transact(() => ({
      write: { meta: meta as NonNullable<typeof meta>, texts: new Map([[300, '{"hosts":[{"id":"ghost"}]}']]) },
    }));
    const page = browser.open();
    await page.settle();

    expect(page.hosts).toContainEqual({ id: "ghost" });
    page.connect();

    expect(page.io.socket.sent).toContainEqual({ type: "get_state", reason: "digest" });
    expect(page.sync.status.type).not.toBe("live");
  });

  test.each([
    ["no JSON", "{"],
    ["no state", "7"],
    ["no list", '{"hosts":{}}'],
    ["no records", '{"hosts":[{}]}'],
    ["a key that reaches a prototype", '{"hosts":[{"id":"a","__proto__":{}}]}'],
  ])("[X8] shows nothing of what is broken: %s", async (_, text) => {
    const browser = await keptBrowser();
    const [meta] = await browser.metas();
    await (indexedDbPlace(browser.database) as KeptPlace).transact(() => ({
      write: { meta: meta as NonNullable<typeof meta>, texts: new Map([[0, text]]) },
    }));
    const page = browser.open();
    await page.settle();

    expect(page.hosts).toEqual([]);
    expect(page.io.socket.url.searchParams.has("version")).toBe(false);
  });

  test("[C52] [X8] nothing is kept where no user is named, and nothing of another space or model is shown", async () => {
    const browser = await keptBrowser();

    for (const page of [
      browser.open(null),
      browser.open("ann", { url: "/other" }),
      browser.open("ann", { model: 2 }),
    ]) {
      await page.settle();
      expect(page.hosts).toEqual([]);
      expect(page.io.sockets).toHaveLength(1);
    }
  });

  test("[B106] what was not confirmed for seven days is deleted", async () => {
    const browser = await keptBrowser();
    browser.wall += LONGEST_KEPT_MS + 60_000;
    const page = browser.open();
    await page.settle();

    expect(page.hosts).toEqual([]);
    expect(await browser.kept()).toEqual({ users: [], texts: 0 });
  });

  test("[X8] a database that can't be read is as if nothing had been kept", async () => {
    const browser = await keptBrowser();
    browser.isBroken = true;
    const page = browser.open();
    await page.settle();
    page.connect();

    expect(page.sync.status).toEqual({ type: "live" });
    browser.isBroken = false;
    await page.pass(30_000);
    expect((await browser.kept()).users).toEqual(["ann"]);
  });

  test("[X8] a database that never answers holds up the connection for two seconds, and is not shown any more", async () => {
    const browser = new KeptBrowser();
    const never = { ...browser.place(), transact: () => new Promise<never>(() => {}) };
    browser.place = () => never;
    const page = browser.open();
    await page.settle();

    expect(page.io.sockets).toHaveLength(0);
    await page.pass(2_000);

    expect(page.io.sockets).toHaveLength(1);
  });
});

describe("what is written", () => {
  test("[B107] [X8] one record that moves rewrites a part of what is kept, at most every five seconds", async () => {
    const browser = new KeptBrowser();
    for (let n = 0; n < 300; n++) browser.authority.put(`web-${n}`, n);
    const written: number[] = [];
    const place = browser.place();
    browser.place = () => ({
      ...place,
      transact: (decide, read) =>
        place.transact((found) => {
          const step = decide(found);
          if (step.write !== undefined) written.push(step.write.texts.size);
          return step;
        }, read),
    });
    const page = await browser.open().follow();
    expect(written).toEqual([BUCKETS]);

    for (let second = 0; second < 20; second++) {
      browser.authority.put("web-7", 1_000 + second);
      page.tell();
      await page.pass(1_000);
    }

    expect(written.length).toBeLessThanOrEqual(6);
    expect(written.slice(1).every((texts) => texts === 1)).toBe(true);
    page.leave();
    const next = browser.open();
    await next.settle();
    expect(next.hosts).toEqual([...(browser.authority.states[next.sync.version]?.values() ?? [])].sort(byId));
  });

  test("[B107] a writing of many bytes is followed by a longer pause", async () => {
    const browser = new KeptBrowser();
    browser.authority.put("web-1", 1);
    const large = { id: "large", cpu: 1, text: "x".repeat(128 * 1024 * 20) };
    browser.authority.states.push(new Map([...browser.authority.hosts, ["large", large]]));
    const page = await browser.open().follow();
    const [first] = await browser.metas();
    browser.authority.put("web-1", 2);
    page.tell();
    await page.pass(10_000);

    expect((await browser.metas())[0]?.stamp).toBe(first?.stamp);
    await page.pass(15_000);

    expect((await browser.metas())[0]?.position.version).toBe(3);
  });

  test("[X8] only what is level with the authority is kept", async () => {
    const browser = new KeptBrowser();
    browser.authority.put("web-1", 1);
    const page = browser.open();
    await page.settle();
    page.connect();
    page.io.socket.push({ type: "sync", version: 1, head: 9, digest: browser.authority.digest });
    await page.pass(10_000);

    expect(page.sync.status.type).toBe("catching_up");
    expect((await browser.kept()).users).toEqual([]);
  });

  test("[X8] a page that lags behind never writes its records among those of another one", async () => {
    const browser = await keptBrowser();
    const [ahead, behind] = [await browser.open().follow(), await browser.open().follow()];
    browser.authority.put("web-1", 7);
    behind.tell();
    for (const id of ["web-2", "web-3", "web-4"]) browser.authority.put(id, 8);
    ahead.tell();
    await ahead.pass(6_000);
    await behind.pass(6_000);

    const page = browser.open();
    await page.settle();
    expect(page.hosts).toEqual([...(browser.authority.states[page.sync.version]?.values() ?? [])].sort(byId));
  });

  test("[X8] two pages never mix their records: one of them keeps the state, and the other one goes on when it is gone", async () => {
    const browser = await keptBrowser();
    const pages = [await browser.open().follow(), await browser.open().follow()] as const;
    for (let second = 0; second < 30; second++) {
      browser.authority.put(`web-${second % 7}`, second);
      for (const page of pages) {
        page.tell();
        await page.pass(1_000);
      }
    }
    pages[0].leave();
    for (let second = 0; second < 100; second++) {
      browser.authority.put(`web-${second % 7}`, 100 + second);
      pages[1].tell();
      await pages[1].pass(1_000);
    }
    pages[1].leave();

    const page = browser.open();
    await page.settle();
    expect(page.sync.version).toBeGreaterThan(120);
    expect(page.hosts).toEqual([...(browser.authority.states[page.sync.version]?.values() ?? [])].sort(byId));
  });
});

describe("what is deleted", () => {
  const gone = { users: [], texts: 0 };

  test.each([
    ["a sign-out", (page: KeptPage) => page.sync.signOut()],
    ["the close code 4401", (page: KeptPage) => page.io.socket.close(4401)],
    ["the close code 4403", (page: KeptPage) => page.io.socket.close(4403)],
    ["another user", (page: KeptPage) => page.sync.start("bob")],
  ])("[C52] [X9] [R9] everything goes at %s", async (_, leave) => {
    const browser = await keptBrowser();
    const page = await browser.open().follow();

    leave(page);
    await page.settle();

    expect(page.hosts).toEqual([]);
    expect(await browser.kept()).toEqual(gone);
    page.leave();
    const next = browser.open();
    await next.settle();
    expect(next.hosts).toEqual([]);
  });

  test("[X9] 4403 for one space leaves the others of the user", async () => {
    const browser = await keptBrowser();
    const other = await browser.open("ann", { url: "/other" }).follow();

    other.io.socket.close(4403);
    await other.settle();

    expect((await browser.kept()).users).toEqual(["ann"]);
  });

  test("[X9] [V17] what was kept under another view goes with it, and the new one is resumed with its own proof", async () => {
    const browser = await keptBrowser();
    const page = await browser.open().follow();
    const proof = { view: "v2", ticket: "t2" };
    const hosts = [{ id: "web-9", cpu: 9 }];

    page.io.socket.push({ ...full(3, { type: "full_state", hosts }), ...proof });
    await page.settle();
    expect(await browser.kept()).toEqual(gone);
    page.io.socket.push({ type: "sync", version: 3, head: 3, digest: page.sync.digest() });
    await page.pass(6_000);
    page.leave();

    const next = browser.open();
    await next.settle();
    expect(next.hosts).toEqual(hosts);
    expect(Object.fromEntries(next.io.socket.url.searchParams)).toMatchObject(proof);
  });

  test("[X9] a sign-out is heard by all pages of the user, and none of them keeps anything after it", async () => {
    const browser = await keptBrowser();
    const [one, two] = [await browser.open().follow(), await browser.open().follow()];

    one.sync.signOut();
    await expect.poll(() => two.sync.status.type).toBe("signed_out");
    browser.authority.put("web-3", 3);
    await two.pass(60_000);

    expect(two.hosts).toEqual([]);
    expect(await browser.kept()).toEqual(gone);
  });

  test("[X9] a page that is not told writes nothing of a user who has signed out", async () => {
    const browser = await keptBrowser();
    const place = browser.place();
    browser.place = () => ({ ...place, hear: () => {} });
    const deaf = await browser.open().follow();
    const page = await browser.open().follow();

    page.sync.signOut();
    await page.settle();
    browser.authority.put("web-3", 3);
    deaf.tell();
    await deaf.pass(120_000);

    expect(await browser.kept()).toEqual(gone);
  });

  test("[X9] a page that has written nothing yet does not begin to when its user has signed out elsewhere", async () => {
    const browser = new KeptBrowser();
    browser.authority.put("web-1", 1);
    const place = browser.place();
    browser.place = () => ({ ...place, hear: () => {} });
    const deaf = browser.open();
    await deaf.settle();
    const page = await browser.open().follow();

    page.sync.signOut();
    await page.settle();
    deaf.connect();
    await deaf.pass(10_000);

    expect(deaf.sync.status).toEqual({ type: "live" });
    expect(await browser.kept()).toEqual(gone);
  });

  test("[C52] [X9] another user's page deletes what is left, before it opens a connection", async () => {
    const browser = await keptBrowser();
    const page = browser.open("bob");

    expect(page.io.sockets).toHaveLength(0);
    await page.settle();

    expect(page.io.sockets).toHaveLength(1);
    expect(page.hosts).toEqual([]);
    expect(await browser.kept()).toEqual(gone);
  });

  test("[X9] the next user's connection waits for the deletion", async () => {
    const browser = await keptBrowser();
    const page = await browser.open().follow();
    const sockets = page.io.sockets.length;

    page.sync.start("bob");

    expect(page.io.sockets).toHaveLength(sockets);
    await page.settle();
    expect(page.io.sockets).toHaveLength(sockets + 1);
    expect(await browser.kept()).toEqual(gone);
  });

  test("[X9] a deletion that fails is made up for at the next start, before anything is shown", async () => {
    const browser = await keptBrowser();
    const page = await browser.open().follow();
    browser.isBroken = true;
    page.sync.signOut();
    await page.settle();
    page.leave();
    browser.isBroken = false;
    expect((await browser.kept()).users).toEqual(["ann"]);

    const next = browser.open();
    await next.settle();

    expect(next.hosts).toEqual([]);
    expect(await browser.kept()).toEqual(gone);
  });

  test("[X8] a sign-in after a page without a user finds what was kept", async () => {
    const browser = await keptBrowser();
    const page = browser.open(null);
    await page.settle();

    page.sync.start("ann");
    await page.settle();

    expect(page.hosts).toHaveLength(2);
  });
});

test("where there is no IndexedDB nothing is kept, and a replica works as one that is not kept", async () => {
  const there = Object.getOwnPropertyDescriptor(globalThis, "indexedDB") as PropertyDescriptor;
  Reflect.deleteProperty(globalThis, "indexedDB");
  try {
    const browser = new KeptBrowser();
    const page = browser.open("ann", { kept: kept() });
    page.connect();

    expect(page.sync.status).toEqual({ type: "live" });
  } finally {
    Object.defineProperty(globalThis, "indexedDB", there);
  }
});

type Move =
  | { readonly type: "put"; readonly id: string; readonly cpu: number }
  | { readonly type: "remove"; readonly id: string }
  | { readonly type: "open"; readonly page: number }
  | { readonly type: "close" | "sign_out" | "other_user"; readonly page: number }
  | { readonly type: "tell"; readonly page: number }
  | { readonly type: "pass"; readonly page: number; readonly ms: number }
  | { readonly type: "break" | "mend" };

const page = fc.nat(2);
const type = <T extends string>(...names: T[]) => fc.constantFrom(...names);
const id = fc.constantFrom("a", "b", "c", "d");
const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant("put" as const), id, cpu: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("remove" as const), id }) },
  { weight: 3, arbitrary: fc.record({ type: type("open"), page }) },
  { weight: 4, arbitrary: fc.record({ type: type("tell"), page }) },
  { weight: 2, arbitrary: fc.record({ type: type("close", "sign_out", "other_user"), page }) },
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant("pass" as const), page, ms: fc.constantFrom(500, 6_000, 70_000) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom("break" as const, "mend" as const) }) },
);

/** Pages of one browser come and go, and people with them. */
class KeptWorld {
  readonly #browser = new KeptBrowser();
  readonly #pages: (KeptPage | null)[] = [null, null, null];
  #user = "ann";

  async make(move: Move): Promise<void> {
    const { authority } = this.#browser;
    if (move.type === "put") authority.put(move.id, move.cpu);
    else if (move.type === "remove") authority.remove(move.id);
    else if (!("page" in move)) this.#browser.isBroken = move.type === "break";
    else if (move.type === "open") await this.#open(move.page);
    else if (move.type === "tell") this.#tell(move.page);
    else if (move.type === "pass") await this.#pages[move.page]?.pass(move.ms);
    else await this.#leave(move.page, move.type);
  }

  async #open(at: number): Promise<void> {
    if (this.#pages[at] !== null) return;
    const page = this.#browser.open(this.#user);
    this.#pages[at] = page;
    await page.settle();
    const had = this.#browser.authority.states[page.sync.version] ?? new Map();
    expect(page.hosts).toEqual([...had.values()].sort(byId));
    page.connect();
    expect(page.sync.status.type).toBe("live");
  }

  /** A page that is not told lags behind the others. */
  #tell(at: number): void {
    const page = this.#pages[at] ?? null;
    if (page?.sync.status.type === "live") page.tell();
  }

  async #leave(at: number, how: "close" | "sign_out" | "other_user"): Promise<void> {
    const page = this.#pages[at] ?? null;
    if (page === null) return;
    this.#pages[at] = null;
    if (how === "other_user") this.#user = this.#user === "ann" ? "bob" : "ann";
    if (how !== "close") page.sync.signOut();
    await page.settle();
    page.leave();
    if (how !== "close" && !this.#browser.isBroken) expect(await this.#browser.kept()).toEqual({ users: [], texts: 0 });
  }

  end(): void {
    for (const page of this.#pages) page?.leave();
  }
}

test("[X8] [X9] whatever pages do: one that opens paints a state that was there, and nothing of who has gone", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(move, { minLength: 5, maxLength: 25 }), async (moves) => {
      const world = new KeptWorld();
      for (const next of moves) await world.make(next);
      world.end();
    }),
    { numRuns: 60 },
  );
});

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : 1;
}
