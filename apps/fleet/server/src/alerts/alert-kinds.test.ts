import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { BACKUP_RECORD_ID } from "@neverstale/fleet-domain";
import { memoryStore } from "@neverstale/server";
import { afterAll, expect, test } from "vitest";
import { limitedPerson, taggedHost } from "../accounts/grants-suite.ts";
import { Fleets, signIn } from "../fleet/fleet-suite.ts";
import { round } from "../process/io/rounds.ts";

const FILE = `
alerts:
  lost: { when: host_offline, for: 1s }
  copies: { when: backup_failed }
`;

const fleets = new Fleets();
afterAll(() => fleets.end());

test("[C31] a host that is called as the backups are has nothing to do with their alert: no share, no silence, no word of it", async () => {
  const dataDir = fleets.directory();
  writeFileSync(join(dataDir, "fleet.yaml"), FILE);
  let now = Date.parse("2030-01-01T00:00:00.000Z");
  const fleet = await fleets.start({ store: memoryStore(), dataDir, now: () => now, steadyNow: () => now });
  const admin = await signIn(fleet);
  const host = await taggedHost(admin, BACKUP_RECORD_ID, ["team:web"]);
  const ann = await limitedPerson(admin, "ann", "operator", ["team:web"]);
  const until = "2031-01-01T00:00:00.000Z";
  const silence = await ann.post("/api/silences", { until, reason: "a visit", tags: ["team:web"] });
  await fleet.parts.transactions.transact((work) =>
    work.change("backup_noted", "", {
      ...{ id: BACKUP_RECORD_ID, everyMs: 1, failingSince: work.at.iso },
      problem: "no room in /srv/secret",
    }),
  );
  await round(fleet.parts, false);
  const alertBy = (rule: string) => [...fleet.manager.state.alerts.values()].find((alert) => alert.rule === rule);
  const copies = alertBy("copies");
  await ann.call("DELETE", `/api/silences/${String(silence.body.silenceId)}`);
  for (const ms of [60_000, 2_000]) {
    now += ms;
    await round(fleet.parts, false);
  }
  const seen = await ann.get("/api/state");

  expect(host.id).toBe("backups");
  expect(copies).toMatchObject({ status: "firing", message: "no backup can be made: no room in /srv/secret" });
  expect(alertBy("lost")?.message).toBe("1 host offline: backups");
  expect(seen.text).toContain("1 host offline: backups");
  expect(seen.text).not.toContain("secret");
});
