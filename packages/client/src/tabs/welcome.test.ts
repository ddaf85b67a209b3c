import { decodeServerMessage, type Position } from "@neverstale/protocol";
import { describe, expect, test } from "vitest";
import { DeltaLog } from "./delta-log.ts";
import { ToldChecks } from "./told-checks.ts";
import { type LeaderState, stateText, welcome } from "./welcome.ts";

const at = (version: number, members: Partial<Position> = {}): Position => ({
  epoch: "e2",
  space: "c1",
  version,
  ...members,
});
const deltaText = (from: number, version: number) =>
  `{"type":"delta","from":${from},"version":${version},"payload":{}}`;

/** A leader at version 9 of `e2`, which began with version 5, and which has kept the deltas from version 6 on. */
function leader(members: Partial<LeaderState> = {}): LeaderState {
  const log = new DeltaLog();
  log.took(deltaText(6, 8), at(6), at(8));
  log.took(deltaText(8, 9), at(8), at(9));
  return {
    position: at(9),
    authority: {
      model: 1,
      beaconMs: 2_000,
      lineage: [
        ["e1", 6],
        ["e2", 9],
      ],
    },
    log,
    readPayload: () => ({ payload: { hosts: [{ id: "web-1" }] }, digest: "0".repeat(16) }),
    levelDigest: () => null,
    ...members,
  };
}

const told = (resume: Position | null, state = leader()) => welcome(resume, state)?.map(decodeServerMessage) ?? null;
const types = (resume: Position | null, state = leader()) => told(resume, state)?.map((message) => message?.type);

describe("[X5] a tab that asks the leader", () => {
  test("from nothing gets its state", () => {
    expect(told(null)).toMatchObject([
      { type: "init", epoch: "e2", space: "c1", version: 9, payload: { hosts: [{ id: "web-1" }] } },
    ]);
  });

  test("from a version that is kept gets what is behind it", () => {
    expect(told(at(8))).toMatchObject([
      { type: "sync", version: 8, head: 9, resumed: { epoch: "e2", space: "c1" } },
      { type: "delta", from: 8, version: 9 },
    ]);
  });

  test("from where the leader is gets the facts alone", () => {
    expect(types(at(9))).toEqual(["sync"]);
  });

  test("from an epoch before is brought on where that is history, and else gets the state", () => {
    expect(types(at(6, { epoch: "e1" }))).toEqual(["sync", "delta", "delta"]);
    expect(types(at(8, { epoch: "e1" }))).toEqual(["init"]);
    expect(types(at(8, { epoch: "e0" }))).toEqual(["init"]);
  });

  test("from within a delta, or from before all that is kept, gets the state", () => {
    expect(types(at(7))).toEqual(["init"]);
    expect(types(at(5))).toEqual(["init"]);
  });

  test("from another space gets the state", () => {
    expect(types(at(8, { space: "c2" }))).toEqual(["init"]);
  });

  test("from further on than the leader waits for it", () => {
    expect(told(at(10))).toBeNull();
  });

  test("[V14] under another view gets the state, and under the same one keeps its own proof", () => {
    const proof = { view: "v1", ticket: "t9" };
    const state = leader({ position: at(9, { proof }) });

    expect(told(at(8), state)).toMatchObject([{ type: "init", view: "v1", ticket: "t9" }]);
    expect(told(at(8, { proof: { view: "v1", ticket: "t8" } }), state)).toMatchObject([
      { type: "sync", resumed: { view: "v1", ticket: "t8" } },
      { type: "delta" },
    ]);
  });

  test("hears of the leader's digest where the leader is level", () => {
    const state = leader({ levelDigest: () => "0123456789abcdef" });

    expect(told(at(9), state)?.at(-1)).toEqual({ type: "sync", version: 9, head: 9, digest: "0123456789abcdef" });
  });
});

test("[X5] a state that is asked for is the leader's", () => {
  expect(decodeServerMessage(stateText("full_state", leader()))).toMatchObject({ type: "full_state", version: 9 });
});

describe("the log of deltas", () => {
  test("[X5] forgets what led to a state that a full one has replaced", () => {
    const { log } = leader();

    log.took('{"type":"full_state"}', at(9), at(12));

    expect(log.since(8, 12)).toBeNull();
    expect(log.since(12, 12)).toEqual([]);
  });

  test("[X5] forgets it also where a restored past has come to the same version", () => {
    const { log } = leader();

    log.took('{"type":"init"}', at(9), at(9, { epoch: "e3" }));

    expect(log.since(8, 9)).toBeNull();
  });

  test("[X5] knows what leads over a step, which moves no record", () => {
    const { log } = leader();

    log.took('{"type":"sync"}', at(9), at(9, { epoch: "e3" }));
    log.took(deltaText(9, 10), at(9, { epoch: "e3" }), at(10, { epoch: "e3" }));

    expect(log.since(8, 10)).toHaveLength(2);
  });

  test("[B108] holds a million characters", () => {
    const log = new DeltaLog();
    const filler = "x".repeat(300_000);
    for (let version = 1; version < 10; version++)
      log.took(deltaText(version, version + 1) + filler, at(version), at(version + 1));

    expect(log.since(7, 10)).toHaveLength(3);
    expect(log.since(6, 10)).toBeNull();
  });
});

describe("[X5] checks of several tabs", () => {
  test("go out under one count, and each tab is told of its own newest one", () => {
    const checks = new ToldChecks();
    expect([checks.send("a", 7), checks.send("b", 1), checks.send("a", 8), checks.send("b", 2)]).toEqual([1, 2, 3, 4]);

    expect(checks.answered(3)).toEqual({ a: 8, b: 1 });
    expect(checks.answered(4)).toEqual({ b: 2 });
    expect(checks.answered(4)).toEqual({});
  });

  test("[B108] that nobody answers are forgotten, the oldest first", () => {
    const checks = new ToldChecks();
    for (let n = 1; n <= 1_001; n++) checks.send(`tab-${n}`, n);

    expect(Object.keys(checks.answered(1_001))).toHaveLength(1_000);
  });
});
