import { afterEach, expect, test } from "vitest";
import { type HttpTestNode, HttpWorld } from "./http-nodes-suite.ts";

let world = new HttpWorld();

afterEach(async () => {
  await world.close();
  world = new HttpWorld();
});

test("[N7] a revocation is answered once every listed node has applied it, and where one can't say so only after 3 s", async () => {
  const [one, two, three] = (await world.startAll(3)) as [HttpTestNode, HttpTestNode, HttpTestNode];

  await one.add("a");
  expect(await one.manager.untilTakenIn()).toBe(true);
  expect([two.has("a"), three.has("a")]).toEqual([true, true]);

  await world.impostor(() => {});
  const since = performance.now();
  expect(await one.manager.untilTakenIn()).toBe(false);
  expect(performance.now() - since).toBeGreaterThanOrEqual(2_990);
});

test("[N7] at a node that is not the writer, where nobody says what the others have, the time alone counts", async () => {
  const [, two] = (await world.startAll(2)) as [HttpTestNode, HttpTestNode];

  const since = performance.now();
  expect(await two.manager.untilTakenIn()).toBe(false);
  expect(performance.now() - since).toBeGreaterThanOrEqual(2_990);
});
