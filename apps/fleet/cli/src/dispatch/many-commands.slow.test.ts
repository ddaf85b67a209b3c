import { COMMAND_LIMIT } from "@neverstale/fleet-domain";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FleetProcess, SHOUT_YAML } from "../fleet-process-suite.ts";
import { endedCommand } from "./io/ended-command.ts";

const LIMIT_MS = 120_000;

let fleet: FleetProcess;

beforeAll(async () => {
  fleet = new FleetProcess(SHOUT_YAML);
  await fleet.start();
}, LIMIT_MS);

afterAll(() => fleet.dispose());

test("commands that left the live state are followed to their end all the same", { timeout: LIMIT_MS }, async () => {
  const host = await fleet.hostId();
  const ended = await fleet.dispatch("shout", { name: "early" });
  await fleet.end(ended);
  const idle = await fleet.enrollIdle(COMMAND_LIMIT + 20);

  const { status, out, err } = await fleet.cli("dispatch", "shout", ...idle, host, "--arg", "name=web");

  expect([status, out]).toEqual([1, expect.stringMatching(/^\S+ \| hello web\n$/)]);
  expect(err.match(/: blocked: /g)).toHaveLength(idle.length);
  expect(err).toMatch(/: succeeded$/m);
  expect((await fleet.state()).commands?.map((command) => command.id)).not.toContain(ended);
  expect(await endedCommand(await fleet.session(), host, ended)).toMatchObject({ id: ended, status: "succeeded" });
  expect(await fleet.output(ended)).toBe("hello early\n");
});
