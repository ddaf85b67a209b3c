import { expect, test } from "vitest";
import { Throttle } from "./throttle.ts";

const OPTIONS = { burst: 3, perSecond: 1 };

test("[C7] a clock that is set back costs nobody a token", () => {
  const throttle = new Throttle({ burst: 3000, perSecond: 500 });

  const waits = [throttle.take("a", 60_000), throttle.take("a", 0), throttle.take("a", -3_600_000)];

  expect(waits).toEqual([0, 0, 0]);
});

test("[C7] after a clock was set back tokens come again as time passes, and no sooner", () => {
  const throttle = new Throttle(OPTIONS);
  for (let count = 0; count < 3; count += 1) throttle.take("a", 3_600_000);

  const waits = [throttle.take("a", 0), throttle.take("a", 999), throttle.take("a", 1_000), throttle.take("a", 1_000)];

  expect(waits).toEqual([1, 1, 0, 1]);
});

test("[C7] who has none left is told when there is one again", () => {
  const throttle = new Throttle({ burst: 1, perSecond: 0.1 });
  throttle.take("a", 0);

  expect([throttle.take("a", 0), throttle.take("b", 0), throttle.take("a", 10_000)]).toEqual([10, 0, 0]);
});

test("[B36] so many buckets are kept; the one that was used longest ago is forgotten", () => {
  const throttle = new Throttle({ burst: 1, perSecond: 0.001 }, 2);

  for (const key of ["a", "b", "c"]) throttle.take(key, 0);

  expect([throttle.take("c", 0) > 0, throttle.take("b", 0) > 0, throttle.take("a", 0)]).toEqual([true, true, 0]);
});
