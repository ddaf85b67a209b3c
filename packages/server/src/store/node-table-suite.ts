/** The node table suite is the part of the shared suite that is about which nodes are alive (rule N11). */

import type { NodeRow, SharedStore } from "./node-table.ts";
import type { TestTools } from "./store-world-suite.ts";

/** `another` returns the store of another process each time, which the caller closes. */
export function describeNodeTable({ describe, expect, test }: TestTools, another: () => SharedStore): void {
  const row = (id: string, given: Partial<NodeRow> = {}): NodeRow => {
    return { id, address: `http://${id}:80`, model: 1, token: `token of ${id}`, ...given };
  };

  /** It is in order, whatever the order of the list is. */
  async function listed(store: SharedStore) {
    return [...(await store.listNodes())].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async function idsOf(store: SharedStore): Promise<string[]> {
    return (await listed(store)).map(({ id }) => id);
  }

  async function counterOf(store: SharedStore, id: string): Promise<number> {
    const node = (await store.listNodes()).find((one) => one.id === id);
    if (node === undefined) throw new Error(`"${id}" is not listed`);
    return node.counter;
  }

  /** Both are listed, and have read. */
  async function two(): Promise<[SharedStore, SharedStore]> {
    const [one, other] = [another(), another()];
    await Promise.all([one.enterNode(row("one")), other.enterNode(row("other"))]);
    await Promise.all([one.read(), other.read()]);
    return [one, other];
  }

  describe("the table of nodes", () => {
    test("[N11] a process lists itself before it reads, and all see what it says of itself", async () => {
      const store = another();
      const odd = row("a'b\"ü", { address: "https://[::1]:8443", model: 2_000_000_000_000, token: "t'\\\n" });

      await store.enterNode(odd);

      const other = another();
      await other.read();
      expect(await other.listNodes()).toMatchObject([odd]);
    });

    test("[N11] each confirmation moves the counter of its own process, and nothing else moves one", async () => {
      const [one, other] = await two();
      const before = [await counterOf(one, "one"), await counterOf(one, "other")] as const;

      await one.confirm();
      await one.confirm();
      await one.readChain({ afterSequence: 0, limit: 1 });
      await one.read();

      expect(await counterOf(other, "one")).toBe(before[0] + 2);
      expect(await counterOf(other, "other")).toBe(before[1]);
    });

    test("[N11] a row is taken away only while its counter stands where it was seen", async () => {
      const [one, other] = await two();
      const seen = { id: "one", counter: await counterOf(other, "one") };
      await one.confirm();

      await other.removeNode(seen);
      expect(await idsOf(other)).toEqual(["one", "other"]);

      await other.removeNode({ id: "one", counter: await counterOf(other, "one") });
      await other.removeNode({ id: "nobody", counter: 0 });
      expect(await idsOf(other)).toEqual(["other"]);
    });

    test("[N11] a process whose row was taken away, and which lives on, is listed again as it was", async () => {
      const [one, other] = await two();
      await other.removeNode({ id: "one", counter: await counterOf(other, "one") });

      await one.confirm();
      expect((await listed(other))[0]).toMatchObject(row("one"));

      const before = await counterOf(other, "one");
      await one.confirm();
      expect(await counterOf(other, "one")).toBe(before + 1);
    });

    test("[N11] a process that leaves takes its row away, and its confirmations list it no more", async () => {
      const [one, other] = await two();

      await one.leaveNode();
      await one.leaveNode();
      await one.confirm();

      expect(await idsOf(other)).toEqual(["other"]);
    });

    test("[N11] a process that has not listed itself moves and takes nothing", async () => {
      const [one] = await two();
      const stranger = another();
      await stranger.read();
      const before = await listed(one);

      await stranger.confirm();
      await stranger.leaveNode();

      expect(await listed(one)).toEqual(before);
    });

    test("[N11] a process that lists itself anew under its id says something else of itself, in one row", async () => {
      const [one, other] = await two();
      const moved = row("one", { address: "http://elsewhere:81", model: 2, token: "another" });

      await one.enterNode(moved);

      expect(await listed(other)).toMatchObject([moved, row("other")]);
    });

    test("[N11] the table is no part of the chain, nor of what is read", async () => {
      const [one] = await two();

      expect(await one.readChain({ afterSequence: 0, limit: 9 })).toEqual([]);
      expect(await one.read()).toMatchObject({ head: null, spaces: [], epochs: [] });
    });
  });
}
