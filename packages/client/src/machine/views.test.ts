import { expect, test } from "vitest";
import { full, MachineRig, sent, types } from "./machine-rig-suite.ts";

const withTicket = (from: number, version: number) => {
  return { type: "delta", from, version, payload: {}, ticket: `ticket-${version}` } as const;
};

const IN_VIEW = { view: "view-1", ticket: "ticket-5" } as const;

test("[V15] what proves the newest position is kept, and is shown when the replica comes back", () => {
  const replica = new MachineRig();
  replica.open();
  replica.receive({ ...full(5), ...IN_VIEW });
  replica.sync();

  replica.receive(withTicket(5, 7));
  expect(replica.state.position).toMatchObject({ version: 7, proof: { view: "view-1", ticket: "ticket-7" } });

  replica.sync({
    resumed: {
      ...replica.state.authority,
      epoch: "e2",
      space: "c1",
      lineage: [
        ["e1", 7],
        ["e2", 7],
      ],
      view: "view-1",
      ticket: "of e2",
    },
  });
  replica.closed(1012);

  const [opening] = replica.effects.filter((effect) => effect.type === "open_socket").slice(-1);
  expect(opening).toMatchObject({ resume: { epoch: "e2", version: 7, proof: { view: "view-1", ticket: "of e2" } } });
});

test("[V17] another view takes the place of state and position in one step, also at a version below; the same one never does", () => {
  const replica = new MachineRig();
  replica.open();
  replica.receive({ ...full(5), ...IN_VIEW });
  replica.sync();
  replica.closed(1012);
  replica.open();

  const lowered = replica.receive({ ...full(4), ...IN_VIEW });
  const other = replica.receive({ ...full(3), view: "view-2", ticket: "ticket-3" });

  expect(types(lowered)).not.toContain("replace");
  expect(types(other)).toEqual(["replace"]);
  expect(replica.state.position).toMatchObject({ version: 3, proof: { view: "view-2" } });
});

test("[V17] who may see everything now proves nothing any more", () => {
  const replica = new MachineRig();
  replica.open();
  replica.receive({ ...full(5), ...IN_VIEW });
  replica.closed(1012);
  replica.open();

  replica.receive(full(5));

  expect(replica.state.position).toEqual({ epoch: "e1", space: "c1", version: 5 });
});

test("[V12] a replica of a view asks for the position that it waits for, since nothing may come by itself", () => {
  const replica = new MachineRig();
  replica.open();
  replica.receive({ ...full(5), ...IN_VIEW });
  replica.sync();

  const asked = replica.input({ type: "await_position", waiter: 1, epoch: "e1", version: 8 });
  const [check] = sent(asked);
  replica.receive(withTicket(5, 8));

  expect(check).toMatchObject({ type: "check" });
  expect(replica.effects.filter(({ type }) => type === "settle")).toMatchObject([{ outcome: "reached" }]);
});
