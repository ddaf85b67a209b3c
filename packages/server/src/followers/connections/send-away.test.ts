import { expect, test } from "vitest";
import { TestWire, VirtualRuntime } from "../../runtime/virtual-runtime-suite.ts";
import { SPREAD_MS, sendAwayOneByOne } from "./send-away.ts";

/** It says at which times the readers were sent away, and when the work was done. */
async function sentAway(count: number): Promise<{ readonly times: number[]; readonly doneAt: number }> {
  const runtime = new VirtualRuntime();
  const open = new Set(Array.from({ length: count }, () => new TestWire()));
  const times: number[] = [];
  const sendAway = (wire: TestWire) => {
    times.push(runtime.now());
    open.delete(wire);
  };
  let doneAt = Number.NaN;
  const done = sendAwayOneByOne({ runtime, open: () => open, sendAway }, SPREAD_MS).then(() => {
    doneAt = runtime.now();
  });
  await runtime.pass(SPREAD_MS);
  await done;
  return { times, doneAt };
}

test("[T5] many connections are sent away evenly over 5 s, whatever their number, and all of them", async () => {
  for (const count of [250, 1_000, 20_001]) {
    const { times, doneAt } = await sentAway(count);

    expect(times).toHaveLength(count);
    expect(doneAt).toBeLessThanOrEqual(SPREAD_MS);
    const inEachSecond = [0, 1, 2, 3].map((n) => times.filter((at) => Math.floor(at / 1_000) === n).length);
    for (const inOne of inEachSecond) expect(inOne / count).toBeCloseTo(0.2, 1);
  }
});

test("[T5] few connections are not waited for longer than they need, and none at all not at all", async () => {
  expect((await sentAway(3)).doneAt).toBeLessThanOrEqual(60);
  expect(await sentAway(0)).toEqual({ times: [], doneAt: 0 });
});
