import { expect, test } from "vitest";
import { cpuPercent, cpuTimeOf, diskPercent, memoryOf } from "./figures.ts";

const MEMINFO = `MemTotal:       1000 kB\nMemFree:         100 kB\nMemAvailable:    250 kB\nSwapTotal:       200 kB\nSwapFree:        150 kB\n`;

test("waiting for the disk is idle, and the guests' time is not counted twice", () => {
  const before = cpuTimeOf("cpu  100 0 100 700 100 0 0 0 100 0\ncpu0 1 2 3\n");
  const after = cpuTimeOf("cpu  150 0 150 1000 200 0 0 0 150 0\ncpu0 1 2 3\n");

  expect(before).toEqual({ busy: 200, all: 1000 });
  expect(before && after && cpuPercent(before, after)).toBe(20);
  expect(before && cpuPercent(before, before)).toBeNull();
  expect(cpuTimeOf("")).toBeNull();
});

test("memory in use is what is not available; no swap, no figure", () => {
  expect(memoryOf(MEMINFO)).toEqual({ ram: 75, swap: 25 });
  expect(memoryOf(MEMINFO.replace("200", "0"))).toEqual({ ram: 75 });
  expect(memoryOf("")).toEqual({});
});

test("a kernel that doesn't say what is available is helped out; what a file lacks is no figure", () => {
  const without = (name: string) => MEMINFO.replace(new RegExp(`^${name}:.*\\n`, "m"), "");
  const old = `${without("MemAvailable")}Buffers:          50 kB\nCached:          150 kB\n`;

  expect(memoryOf(old)).toEqual({ ram: 70, swap: 25 });
  expect(memoryOf(without("MemAvailable"))).toEqual({ ram: 90, swap: 25 });
  expect(memoryOf(without("MemTotal"))).toEqual({ swap: 25 });
  expect(memoryOf(without("SwapFree"))).toEqual({ ram: 75 });
  expect(memoryOf("MemTotal: 1000 kB\n")).toEqual({});
  expect(memoryOf("MemTotal: lots\nMemAvailable: 1 kB\n")).toEqual({});
  expect(cpuTimeOf("cpu  1 2 3\n")).toBeNull();
  expect(cpuTimeOf("cpu  1 2 3 4\n")).toEqual({ busy: 6, all: 10 });
  expect(cpuTimeOf("intr 5\n")).toBeNull();
});

test("a disk is as full as `df` says: what is reserved for root is not part of the whole", () => {
  expect(diskPercent({ blocks: 100, bfree: 50, bavail: 40 })).toBe(55.6);
  expect(diskPercent({ blocks: 0, bfree: 0, bavail: 0 })).toBeNull();
});
