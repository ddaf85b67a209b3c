import { expect, test } from "vitest";
import { added, NodeWorld } from "./node-world-suite.ts";

test("[P3] where a database comes back with every entry and without a fold, nothing committed is lost by the folds behind it", async () => {
  const world = new NodeWorld();
  const { manager } = await world.start("one:80");
  await world.done(manager.apply(added("web-1")));
  const image = world.database.dump();
  await world.pass(3_000);
  expect(world.database.dump().spaces).toMatchObject([{ foldedVersion: 1 }]);

  world.database.restore(image);
  await world.done(manager.apply(added("web-2")));
  await world.pass(10_000);
  await world.done(manager.apply(added("web-3")));
  await world.pass(3_000);

  expect(world.database.dump().spaces).toMatchObject([{ foldedVersion: 3 }]);
  expect(manager.metrics()).toMatchObject({ reloads_total: 1, history_lost_total: 0, fenced_total: 1 });
  const { manager: other } = await world.start("two:80");
  expect([...(other.state.hosts?.keys() ?? [])].sort()).toEqual(["web-1", "web-2", "web-3"]);
  expect(other.capture()).toEqual(manager.capture());
});
