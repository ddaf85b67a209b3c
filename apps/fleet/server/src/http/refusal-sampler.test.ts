import { expect, test } from "vitest";
import { RefusalSampler } from "./refusal-sampler.ts";

const each = { burst: 2, perSecond: 1 };

test("[B29] of each key a few are logged, and the next one says how many were not", () => {
  const sampler = new RefusalSampler({ each });

  const first = [sampler.sample("a", 0), sampler.sample("a", 0), sampler.sample("a", 0), sampler.sample("a", 0)];

  expect([...first, sampler.sample("b", 0), sampler.sample("a", 1_000), sampler.sample("a", 2_000)]).toEqual([
    0,
    0,
    null,
    null,
    0,
    2,
    0,
  ]);
  expect(sampler.metrics.logRefusalsLeftOut).toBe(2);
});

test("[B29] many keys together have a bound too", () => {
  const sampler = new RefusalSampler({ each, all: { burst: 3, perSecond: 1 } });

  const logged = ["a", "b", "c", "d", "e"].map((key) => sampler.sample(key, 0));

  expect(logged).toEqual([0, 0, 0, null, null]);
});
