import { expect, test } from "vitest";
import { added, NodeWorld } from "./node-world-suite.ts";

test("[N4] behind an answer that came with a warning a node reads nothing, and nobody is shown what may not outlive the server", async () => {
  const world = new NodeWorld();
  const one = await world.start("one:80");
  const other = await world.start("two:80");
  await world.done(one.manager.apply(added("web-1")));
  await world.pass(300);
  const versions: number[] = [];
  other.manager.follow(() => versions.push(other.manager.version));
  const { reads } = other.store;

  other.store.isSure = false;
  await world.done(one.manager.apply(added("web-2")));
  await world.pass(2_000);
  expect(versions).toEqual([]);
  expect(other.store.reads).toBe(reads);
  expect(other.manager.metrics().node_rounds_failed_total).toBeGreaterThan(0);

  other.store.isSure = true;
  await world.pass(300);
  expect(versions).toEqual([2]);
});

test("[T3] a node does not take over while the answers come with warnings, and asks at its steady pace whoever waits", async () => {
  const world = new NodeWorld();
  const one = await world.start("one:80");
  const other = await world.start("two:80");
  one.store.isPaused = true;
  other.store.isSure = false;
  const { confirms } = other.store;

  for (let passed = 0; passed < 10_000; passed += 100) {
    other.manager.confirming?.ask();
    await world.pass(100);
  }
  expect(other.manager.metrics()).toMatchObject({ takeovers_total: 0 });
  expect(other.store.confirms - confirms).toBeLessThan(45);

  other.store.isSure = true;
  await world.pass(10_000);
  expect(other.manager.metrics()).toMatchObject({ takeovers_total: 1 });
});
