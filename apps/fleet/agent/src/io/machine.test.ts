import { spawnSync } from "node:child_process";
import { userInfo } from "node:os";
import { expect, test } from "vitest";
import { Gauges, machine } from "./machine.ts";

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

test("[C41] an op runs as the user its file names, or not at all", () => {
  const nobody = machine.lookUpUser("nobody");

  if (process.getuid?.() === 0) {
    const uid = Number(spawnSync("id", ["-u", "nobody"], { encoding: "utf8" }).stdout);
    expect(nobody).toMatchObject({ user: { uid } });
  } else {
    expect(nobody).toEqual({ problem: "the agent can't switch to the user nobody: it doesn't run as root" });
  }
  expect(machine.lookUpUser(userInfo().username)).toEqual({ user: null });
  expect(machine.lookUpUser("no-such-user")).toEqual({ problem: "this host has no user no-such-user" });
});
