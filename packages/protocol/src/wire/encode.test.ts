import fc from "fast-check";
import { expect, test } from "vitest";
import { anyChange, anyState } from "../arbitraries-suite.ts";
import { applyDiff, type Diff, diffStates, fromWireState, toWireState } from "../diff/diff.ts";
import { decodeServerMessage } from "./decode.ts";
import {
  deltaPieces,
  encodeDelta,
  encodeMessage,
  encodePlainDelta,
  fullStatePieces,
  plainFullStatePieces,
} from "./encode.ts";

const facts = {
  version: 7,
  epoch: "e1",
  space: "s1",
  model: 1,
  digest: "0123456789abcdef",
  beaconMs: 30_000,
  lineage: [["e1", 7]] as const,
};

test("[M2] a delta is written from its parts as it is written whole", () => {
  fc.assert(
    fc.property(anyState, anyState, (before, after) => {
      const payload = diffStates(before, after);

      expect(encodeDelta(3, 9, payload)).toBe(encodeMessage({ type: "delta", from: 3, version: 9, payload }));
    }),
  );
});

test("[M1] a plain delta is written from its parts as it is written whole", () => {
  fc.assert(
    fc.property(anyChange, ({ type, target, data }) => {
      const payload = { type, target, data: data ?? {} };

      expect(encodePlainDelta(9, JSON.stringify(payload))).toBe(encodeMessage({ type: "delta", version: 9, payload }));
    }),
  );
});

test("[M1] [M2] a full state is written piece by piece as it is written whole", () => {
  fc.assert(
    fc.property(anyState, fc.constantFrom("init", "full_state"), (state, type) => {
      const payload = toWireState(state);
      const collections = Object.entries(payload).map(([name, records]) => ({ name, records }));

      expect([...fullStatePieces({ type, ...facts }, collections)].join("")).toBe(
        encodeMessage({ type, ...facts, payload }),
      );
      expect([...plainFullStatePieces(type, 7, collections)].join("")).toBe(
        encodeMessage({ type, version: 7, payload }),
      );
    }),
  );
});

test("[M5] the pieces of a diff make the message that says the same", () => {
  const hosts = {
    put: Array.from({ length: 600 }, (_, i) => ({ id: `new-${i}`, cpu: i })),
    set: Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`old-${i}`, { cpu: i }])),
    unset: { "old-1": ["note"], 'with "quotes"': ["note"] },
    remove: ["gone-1", "gone-2"],
  };
  const diff: Diff = { hosts, events: { put: [] }, notes: { remove: ["only"] } };
  const state = () =>
    fromWireState({
      hosts: ["gone-1", 'with "quotes"', ...Object.keys(hosts.set)].map((id) => ({ id, note: 1 })),
      notes: [{ id: "only" }],
    });
  const [direct, pieced] = [state(), state()];

  const message = decodeServerMessage([...deltaPieces(3, 9, diff)].join(""));

  expect(message).toMatchObject({ type: "delta", from: 3, version: 9 });
  expect([applyDiff(direct, diff), message?.type === "delta" && applyDiff(pieced, message.payload)]).toEqual([
    true,
    true,
  ]);
  expect(pieced).toEqual(direct);
});
