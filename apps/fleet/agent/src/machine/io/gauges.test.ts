import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Gauges } from "./gauges.ts";

test("the figures of this very machine are within their bounds", async () => {
  const gauges = new Gauges();
  gauges.read(); // The processor's share is counted between two readings, and the disk's answer comes later.
  let reading = gauges.read();
  while (reading.cpu === undefined || reading.disk === undefined) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    reading = gauges.read();
  }

  for (const percent of [reading.cpu, reading.ram, reading.disk]) {
    expect(percent).toBeGreaterThanOrEqual(0);
    expect(percent).toBeLessThanOrEqual(100);
  }
  expect(reading.uptimeS).toBeGreaterThan(0);
  expect(reading.load1).toBeGreaterThanOrEqual(0);
});

test("a machine that doesn't tell of itself has fewer figures, and each comes back with its file", () => {
  const proc = mkdtempSync(join(tmpdir(), "neverstale-proc-"));
  const gauges = new Gauges(proc);
  const read = () => Object.keys(gauges.read());

  const without = read();
  mkdirSync(join(proc, "stat")); // Something that can't be read as a file.
  writeFileSync(join(proc, "meminfo"), "MemTotal: 1000 kB\nMemFree: 250 kB\n");
  const withMemory = gauges.read();
  rmSync(join(proc, "stat"), { recursive: true });
  writeFileSync(join(proc, "stat"), "cpu  1 0 0 1 0\n");
  gauges.read();
  writeFileSync(join(proc, "stat"), "cpu  2 0 0 2 0\n");
  const whole = gauges.read();
  rmSync(proc, { recursive: true });

  expect(without.filter((name) => name === "cpu" || name === "ram")).toEqual([]);
  expect(withMemory).toMatchObject({ ram: 75 });
  expect(withMemory).not.toHaveProperty("cpu");
  expect(whole).toMatchObject({ cpu: 50, ram: 75 });
  expect(read()).not.toContain("cpu");
});
