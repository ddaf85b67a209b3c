import type { Lineage, SyncMessage } from "@neverstale/protocol";
import { describe, expect, test } from "vitest";
import { delta, full, hostPut, MachineRig, sent } from "./machine-rig-suite.ts";

/** A step to the epoch `e2`, from the position 5 of `e1` unless said otherwise. */
function step(members: { version?: number; space?: string; lineage?: Lineage } = {}): SyncMessage {
  const { version = 5, space = "c1" } = members;
  const lineage = members.lineage ?? [
    ["e1", 5],
    ["e2", 5],
  ];
  const resumed = { epoch: "e2", space, model: 2, beaconMs: 10_000, lineage };
  return { type: "sync", version, head: version, resumed };
}

/** Returns the outcome of a waiter, once it is settled. */
function outcomeOf(replica: MachineRig, waiter: number): string | undefined {
  const settled = replica.effects.find((effect) => effect.type === "settle" && effect.waiter === waiter);
  return settled?.type === "settle" ? settled.outcome : undefined;
}

describe("a step", () => {
  test("[E7] takes a replica to the new epoch with what it shows, and nothing is asked for", () => {
    const replica = new MachineRig().live(5);

    const effects = replica.receive(step());

    expect(sent(effects)).toEqual([]);
    expect(replica.state.position).toEqual({ epoch: "e2", space: "c1", version: 5 });
    expect(replica.state.authority).toMatchObject({ model: 2, beaconMs: 10_000 });
    expect(replica.status.type).toBe("live");
  });

  test("[E7] leads on: the deltas of the new run are applied, and a cut resumes in the new epoch", () => {
    const replica = new MachineRig().live(5);
    replica.receive(step());
    replica.receive(delta(5, 6, hostPut("web-1")));
    replica.closed();

    const effects = replica.pass(1_000);

    expect([...replica.hosts.keys()]).toEqual(["web-1"]);
    expect(effects).toMatchObject([{ type: "open_socket", resume: { epoch: "e2", space: "c1", version: 6 } }]);
  });

  test("[E7] of a run that went on beyond the replica is taken as well", () => {
    const replica = new MachineRig().live(5);

    replica.receive({
      ...step({
        lineage: [
          ["e1", 9],
          ["e2", 12],
        ],
      }),
      head: 12,
    });

    expect(replica.state.position?.epoch).toBe("e2");
    expect(replica.status.type).toBe("catching_up");
  });

  test("[E7] is refused at another version, in another space, and where the lineage does not hold the old position", () => {
    const refused: readonly [SyncMessage, string][] = [
      [step({ version: 4 }), "drift"],
      [step({ version: 6 }), "drift"],
      [step({ space: "c2" }), "epoch"],
      [
        step({
          lineage: [
            ["e1", 4],
            ["e2", 5],
          ],
        }),
        "epoch",
      ],
      [step({ lineage: [["e2", 5]] }), "epoch"],
    ];
    for (const [message, reason] of refused) {
      const replica = new MachineRig().live(5);

      const effects = replica.receive(message);

      expect(sent(effects).at(-1)).toEqual({ type: "get_state", reason });
      expect(replica.state.position).toEqual({ epoch: "e1", space: "c1", version: 5 });
    }
  });

  test("[E7] is passed over while a full state is asked for, which tells of the same history", () => {
    const replica = new MachineRig().live(5);
    replica.input({ type: "refresh" });

    const effects = replica.receive(step());

    expect(sent(effects)).toEqual([]);
    expect(replica.state.position?.epoch).toBe("e1");
    replica.receive(full(5, { type: "full_state", epoch: "e2" }));
    expect(replica.state.position).toEqual({ epoch: "e2", space: "c1", version: 5 });
  });
});

describe("whoever waits for a position", () => {
  test("[D2] [E7] of the old run or of the new one is told that it is reached, across a step", () => {
    const replica = new MachineRig().live(5);
    replica.input({ type: "await_position", waiter: 1, epoch: "e1", version: 6 });
    replica.input({ type: "await_position", waiter: 2, epoch: "e2", version: 7 });
    replica.receive(
      step({
        lineage: [
          ["e1", 6],
          ["e2", 7],
        ],
      }),
    );
    replica.sync({ check: 1 });
    expect([1, 2].map((waiter) => outcomeOf(replica, waiter))).toEqual([undefined, undefined]);

    replica.receive(delta(5, 7, hostPut("web-1")));

    expect([1, 2].map((waiter) => outcomeOf(replica, waiter))).toEqual(["reached", "reached"]);
  });

  test("[D2] is told that its history is lost where a step says that the old run ended before it", () => {
    const replica = new MachineRig().live(5);
    replica.input({ type: "await_position", waiter: 1, epoch: "e1", version: 9 });
    replica.receive(step());
    expect(outcomeOf(replica, 1)).toBeUndefined();

    replica.sync({ check: 1 });

    expect(outcomeOf(replica, 1)).toBe("history_lost");
  });

  test("[D2] is judged when the full state has come, where the answer comes while one is asked for", () => {
    const outcomes = ["e2", "e3"].map((epoch) => {
      const replica = new MachineRig().live(5);
      replica.input({ type: "await_position", waiter: 1, epoch, version: 5 });
      replica.input({ type: "refresh" });
      replica.receive(step());
      replica.sync({ check: 1 });
      const early = outcomeOf(replica, 1);

      replica.receive(full(5, { type: "full_state", epoch: "e2" }));

      return [early, outcomeOf(replica, 1)];
    });

    expect(outcomes).toEqual([
      [undefined, "reached"],
      [undefined, "history_lost"],
    ]);
  });
});
