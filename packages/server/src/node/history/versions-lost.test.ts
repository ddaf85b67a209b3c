import { beforeEach, expect, test } from "vitest";
import { added, model, NodeWorld, type TestNode } from "../node-world-suite.ts";

const SPACES = { spaces: { "out/": model } };

let world: NodeWorld;
let one: TestNode;
let other: TestNode;

beforeEach(async () => {
  world = new NodeWorld();
  one = await world.start("one:80", SPACES);
  other = await world.start("two:80", SPACES);
});

/** Each call is an entry of its own, and each name a change in that space. */
async function change(at: TestNode, space: string, ...names: string[]): Promise<void> {
  for (const name of names)
    await world.done(
      at.manager.transact((_, transaction) => {
        transaction.add(space, [added(name)]);
        return [];
      }),
    );
}

function end(at: TestNode, space: string): Promise<unknown> {
  return world.done(
    at.manager.transact((_, transaction) => {
      transaction.removeSpace(space, { archive: false });
      return [];
    }),
  );
}

async function lostAt({ manager }: TestNode): Promise<readonly (number | undefined)[]> {
  await world.pass(6_000);
  const { history_lost_total: times, history_lost_versions_total: versions } = manager.metrics();
  return [times, versions];
}

test("[N9] the versions of a space that was made in the lost tail are counted, beside those of the spaces that are still there", async () => {
  await change(one, "out/kept", "a");
  const image = world.database.dump();
  await change(one, "out/kept", "b");
  await change(one, "out/made", "a", "b", "c");
  await world.pass(300);

  world.database.restore(image);

  expect([await lostAt(other), await lostAt(one)]).toEqual([
    [1, 4],
    [1, 4],
  ]);
});

test("[N9] a space that has ended in the history that goes on is not counted as lost, and one that was made in the lost tail is", async () => {
  await change(one, "out/ended", "a", "b");
  const image = world.database.dump();
  await change(one, "out/made", "a", "b", "c");
  await world.pass(300);
  other.store.isPaused = true;
  world.database.restore(image);
  await world.pass(6_000);

  await end(one, "out/ended");
  await change(one, "out/after", "a", "b", "c", "d");
  other.store.isPaused = false;

  expect(await lostAt(other)).toEqual([1, 3]);
});

test("[N9] a space whose name was given again is counted where the one that the node knew was made in the lost tail", async () => {
  const image = world.database.dump();
  await change(one, "out/1", "a", "b");
  await world.pass(300);
  other.store.isPaused = true;
  world.database.restore(image);
  await world.pass(6_000);

  await change(one, "out/1", "c");
  other.store.isPaused = false;

  expect(await lostAt(other)).toEqual([1, 2]);
});

test("[N9] nothing is counted where a node was away while spaces ended and the entries that say so were trimmed", async () => {
  world = new NodeWorld({ retention: { logChanges: 2 } });
  one = await world.start("one:80", { ...SPACES, limits: { foldMs: 100 } });
  other = await world.start("two:80", SPACES);
  await change(one, "out/ended", "a", "b");
  await world.pass(300);
  other.store.isPaused = true;

  await end(one, "out/ended");
  for (let n = 0; n < 30; n += 1) await change(one, "main", `web-${n}`);
  await world.pass(5_000);
  other.store.isPaused = false;

  expect(await lostAt(other)).toEqual([0, 0]);
  expect(other.manager.metrics().reloads_total).toBeGreaterThan(0);
});
