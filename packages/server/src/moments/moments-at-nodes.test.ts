import { expect, test } from "vitest";
import { added, NodeWorld, type TestNode } from "../node/node-world-suite.ts";

const SETTINGS = { link: true, moments: { baseChanges: 5 } } as const;

async function hostsAt(world: NodeWorld, { manager }: TestNode, version: number) {
  const past = await world.done(manager.stateAt({ version }), 500);
  return past.type === "state" ? past.collections[0]?.records.map(({ id }) => id) : past.type;
}

test("any node answers what the state was, also after another one has taken over, and keeps no base where it does not decide", async () => {
  const world = new NodeWorld();
  const first = await world.start("one", SETTINGS);
  const second = await world.start("two", SETTINGS);
  for (let n = 0; n < 12; n += 1) await world.done(first.manager.apply(added(`h${n}`)));
  await world.pass(1_000);

  const before = [await hostsAt(world, first, 7), await hostsAt(world, second, 7)];
  await world.done(second.manager.takeOver(), 3_000);
  for (let n = 12; n < 24; n += 1) await world.done(second.manager.apply(added(`h${n}`)));
  await world.pass(1_000);
  const after = [await hostsAt(world, first, 20), await hostsAt(world, second, 20)];

  const ids = (count: number) => Array.from({ length: count }, (_, n) => `h${n}`);
  expect(before).toEqual([ids(7), ids(7)]);
  expect(after).toEqual([ids(20), ids(20)]);
  expect([await hostsAt(world, first, 25), await hostsAt(world, first, 3)]).toEqual(["ahead", ids(3)]);
  expect(first.failures).toEqual([]);
});
