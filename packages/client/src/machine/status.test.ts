import { expect, test } from "vitest";
import { delta, full, MachineRig } from "./machine-rig-suite.ts";
import { isOutdated } from "./status.ts";

test("[R7] connecting, catching up, live", () => {
  const replica = new MachineRig();
  const seen = [replica.status];
  replica.input({ type: "start", user: null });
  seen.push(replica.status);
  replica.open();
  seen.push(replica.status);
  replica.receive(full(5));
  seen.push(replica.status);
  replica.sync();
  seen.push(replica.status);

  expect(seen).toEqual([
    { type: "stale", since: null, why: "stopped" },
    { type: "connecting", attempt: 0, retryAt: null },
    { type: "catching_up" },
    { type: "catching_up" },
    { type: "live" },
  ]);
});

test("[R7] live lasts one and a half beacon intervals from the last confirmation, then it is stale since then", () => {
  const replica = new MachineRig().live(5);
  const confirmed = replica.now;

  replica.pass(44_999);
  const before = replica.status;
  replica.pass(1);
  const after = replica.status;
  replica.sync();

  expect(before).toEqual({ type: "live" });
  expect(after).toEqual({ type: "stale", since: confirmed, why: "unconfirmed" });
  expect(replica.status).toEqual({ type: "live" });
});

test("[R7] deltas alone don't confirm: only the authority's word on where it is does", () => {
  const replica = new MachineRig().live(5);
  replica.pass(44_000);
  replica.receive(delta(5, 6));

  replica.pass(1_000);

  expect(replica.status.type).toBe("stale");
});

test("[R7] reconnecting says which try it is and when", () => {
  const replica = new MachineRig().live(5);
  replica.closed();

  expect(replica.status).toEqual({ type: "connecting", attempt: 1, retryAt: replica.now + 250 });
});

test("[R7] without network and socket it is offline; with a socket that answers it is not", () => {
  const replica = new MachineRig().live(5);

  replica.input({ type: "offline" });
  replica.sync({ check: 1 });
  const open = replica.status;
  replica.closed();
  const closed = replica.status;
  replica.input({ type: "online" });

  expect([open.type, closed.type, replica.status.type]).toEqual(["live", "offline", "connecting"]);
});

test("[R7] a resync is catching up", () => {
  const replica = new MachineRig().live(5);
  replica.receive(delta(8, 9));

  expect(replica.status).toEqual({ type: "catching_up" });
});

test("[R7] outdated: the authority's model is newer than the one this build was made for", () => {
  const known = new MachineRig({ model: 2 }).live(5, { model: 2 });
  const newer = new MachineRig({ model: 2 }).live(5, { model: 3 });
  const older = new MachineRig({ model: 2 }).live(5, { model: 1 });

  expect([known, newer, older].map(({ state }) => isOutdated(state))).toEqual([false, true, false]);
});

test("[R7] without a word on what it was made for, the first model seen counts", () => {
  const replica = new MachineRig().live(5, { model: 4 });
  const before = isOutdated(replica.state);
  replica.closed(1012);
  replica.open();

  replica.receive({
    type: "sync",
    version: 5,
    head: 5,
    resumed: { epoch: "e2", space: "c1", model: 5, beaconMs: 30_000, lineage: [] },
  });

  expect([before, isOutdated(replica.state)]).toEqual([false, true]);
});

test("[R7] a client too old for the protocol is outdated too", () => {
  const replica = new MachineRig().live(5);
  replica.closed(4426);

  expect(isOutdated(replica.state)).toBe(true);
});
