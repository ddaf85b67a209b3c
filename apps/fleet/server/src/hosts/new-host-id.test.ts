import { folded, idOfName, USED_HOST_ID_LIMIT } from "@neverstale/fleet-domain";
import { memoryStore } from "@neverstale/server";
import { afterAll, expect, test } from "vitest";
import { Fleets, send } from "../fleet/fleet-suite.ts";
import type { RunningFleet } from "../process/io/start.ts";
import { addHost, patchHost, removeHost } from "./decide.ts";

const fleets = new Fleets();
afterAll(() => fleets.end());

const ADMIN = { user: "admin", tags: null };

function enrol(fleet: RunningFleet, hostname: string): Promise<string> {
  const request = { token: "", nonce: "", hostname, os: "Linux", arch: "x64", agentVersion: "1" };
  return fleet.parts.transactions.transact((work) => addHost(work, request, "admin")).then(({ result }) => result);
}

function remove(fleet: RunningFleet, id: string): Promise<unknown> {
  return fleet.parts.transactions.transact((work) => removeHost(work, id, ADMIN));
}

test("a name that is taken gets a number, whoever has it: another host by its id, or by the name that an admin gave", async () => {
  const fleet = await fleets.start();
  const first = await enrol(fleet, "Web 1");
  await fleet.parts.transactions.transact((work) => patchHost(work, first, { name: "Shop" }, ADMIN));

  const ids = [await enrol(fleet, "web-1"), await enrol(fleet, "WEB-1"), await enrol(fleet, "shop")];

  expect([first, ...ids]).toEqual(["web-1", "web-1-2", "web-1-3", "shop-2"]);
  await expect(
    fleet.parts.transactions.transact((work) => patchHost(work, "web-1-2", { name: "ＳＨＯＰ" }, ADMIN)),
  ).rejects.toThrow("web-1 is called");
  await expect(
    fleet.parts.transactions.transact((work) => patchHost(work, "web-1-2", { name: "WEB-1" }, ADMIN)),
  ).rejects.toThrow("web-1 is called");
});

test.each(["Web-1", "ＷＥＢ", "İstanbul", "K", "naïve", "...", ""])("the id of %j is looked up as it is", (name) => {
  expect(folded(idOfName(name))).toBe(idOfName(name));
});

test("[B157] no host gets the id of one that was removed, also after a restart", async () => {
  const store = memoryStore();
  const first = await fleets.start({ store });
  await remove(first, await enrol(first, "web-1"));
  const second = await enrol(first, "web-1");
  await remove(first, second);
  await first.close();

  const restarted = await fleets.start({ store });
  const third = await enrol(restarted, "web-1");

  expect([second, third]).toEqual(["web-1-2", "web-1-3"]);
  const { text } = await send(restarted.address, "GET", "/metrics");
  expect(text).toContain("\nneverstale_used_host_ids 2\n");
  expect(text).toContain(`\nneverstale_limit_used_host_ids ${USED_HOST_ID_LIMIT}\n`);
});

test("[B157] what a release without such a list has left of removed hosts counts as well", async () => {
  const store = memoryStore();
  const before = await fleets.start({ store });
  await before.parts.transactions.transact((work) => {
    work.changeAccounts("agent_credential_made", "c1", {
      id: "c1",
      host: "old-1",
      createdAt: work.at.iso,
      revoked: true,
    });
  });
  await before.close();

  const after = await fleets.start({ store });

  expect(await enrol(after, "old-1")).toBe("old-1-2");
});

test("[B157] so many ids of removed hosts are remembered, the newest", async () => {
  const fleet = await fleets.start();
  const used = (from: number, to: number) =>
    fleet.parts.transactions.transact((work) => {
      for (let number = from; number < to; number += 1)
        work.changeAccounts("host_id_used", `h-${number}`, { id: `h-${number}`, removedAt: work.at.iso });
    });
  for (let from = 0; from < USED_HOST_ID_LIMIT; from += 5_000) await used(from, from + 5_000);

  await remove(fleet, await enrol(fleet, "web-1"));

  expect([await enrol(fleet, "web-1"), await enrol(fleet, "h-1"), await enrol(fleet, "h-0")]).toEqual([
    "web-1-2",
    "h-1-2",
    "h-0",
  ]);
});
