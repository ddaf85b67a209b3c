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
  expect(reading.cores).toBeGreaterThan(0);
  expect(reading.disk).toBe(reading.fileSystems?.[0]?.used);
});

test("what the network and the disks did is told from the second reading on, and limits where the control group has some", () => {
  const proc = mkdtempSync(join(tmpdir(), "neverstale-proc-"));
  const groups = mkdtempSync(join(tmpdir(), "neverstale-groups-"));
  const write = (netIn: number) => {
    mkdirSync(join(proc, "net"), { recursive: true });
    mkdirSync(join(proc, "self"), { recursive: true });
    mkdirSync(join(groups, "box"), { recursive: true });
    writeFileSync(join(proc, "net/dev"), `  eth0: ${netIn} 1 0 0 0 0 0 0 10 1 0 0 0 0 0 0\n`);
    writeFileSync(join(proc, "self/cgroup"), "0::/box\n");
    writeFileSync(join(groups, "box/cpu.max"), "50000 100000\n");
    writeFileSync(join(groups, "box/memory.max"), "1000\n");
    writeFileSync(join(groups, "box/memory.current"), "400\n");
  };
  const gauges = new Gauges(proc, groups);

  write(1_000);
  const first = gauges.read();
  write(9_000);
  const second = gauges.read();
  for (const directory of [proc, groups]) rmSync(directory, { recursive: true });

  expect(first).not.toHaveProperty("netIn");
  expect(second.netIn).toBeGreaterThan(0);
  expect(second).toMatchObject({ netOut: 0, coresAllowed: 0.5, memoryAllowed: 1_000, memoryOfAllowed: 40 });
  expect(second).not.toHaveProperty("diskRead");
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
