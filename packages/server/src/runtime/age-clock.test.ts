import { expect, test } from "vitest";
import { AgeClock } from "./age-clock.ts";
import { VirtualRuntime } from "./virtual-runtime-suite.ts";

const runtime = new VirtualRuntime();
const clock = new AgeClock(runtime, null);
const start = runtime.wallTime();

test("a jump ahead is believed as slowly as time passes, one back at once", async () => {
  await runtime.pass(1_000);
  expect(clock.read(start + 1_000)).toBe(start + 1_000);

  await runtime.pass(1_000);
  const jumped = clock.read(start + 86_400_000);
  expect(jumped - start).toBeLessThan(2_200);
  await runtime.pass(60_000);
  expect(clock.read(start + 86_460_000) - jumped).toBeLessThan(66_001);

  expect(clock.read(start + 5_000)).toBe(start + 5_000);
});

test("a clock that was behind is caught up with", async () => {
  const behind = new AgeClock(runtime, null);
  const from = runtime.wallTime();
  await runtime.pass(100_000);
  expect(behind.read(from + 109_000)).toBe(from + 109_000);
});

test("after a restart it goes on from the newest entry of the chain, whatever the wall clock says", () => {
  const wall = runtime.wallTime();
  expect(new AgeClock(runtime, wall - 86_400_000).read(wall)).toBe(wall - 86_400_000);
  expect(new AgeClock(runtime, wall + 86_400_000).read(wall)).toBe(wall);
});
