import fc from "fast-check";
import { expect, test } from "vitest";
import { anyChange, anyRecord, anyState, testModel } from "../arbitraries-suite.ts";
import { canonicalJson } from "../json/canonical-json.ts";
import type { StateRecord } from "../json/json.ts";
import { effectOf } from "../model/change.ts";
import { addHash, digestOf, formatDigest, type RecordHash, recordHash, subtractHash, ZERO_HASH } from "./digest.ts";
import { xxh32 } from "./xxh32.ts";

test("[G1] a record's hash is XXH32 with seeds 0 and 1 over its collection, id and canonical JSON", () => {
  fc.assert(
    fc.property(anyRecord("é\u{1f600}"), (record) => {
      const bytes = new TextEncoder().encode(`hosts\0${record.id}\0${canonicalJson(record)}`);
      const view = new DataView(bytes.buffer);
      expect(recordHash("hosts", record.id, record)).toEqual({
        a: xxh32(view, bytes.length, 0),
        b: xxh32(view, bytes.length, 1),
      });
    }),
  );
});

test("[G1] the digest of nothing is zero in both lanes", () => {
  expect(digestOf({})).toBe("0000000000000000");
  expect(digestOf({ hosts: new Map() })).toBe("0000000000000000");
});

test("[G1] lane 0 is written first, each lane with eight digits", () => {
  expect(formatDigest({ a: 0x0000000f, b: 0xfffffff0 })).toBe("0000000ffffffff0");
});

test("[G1] lanes are summed modulo 2^32 and a hash taken away again leaves nothing", () => {
  const almostFull: RecordHash = { a: 0xffffffff, b: 0xfffffffe };

  expect(addHash(almostFull, { a: 1, b: 1 })).toEqual({ a: 0, b: 0xffffffff });
  expect(subtractHash({ a: 0, b: 1 }, { a: 1, b: 2 })).toEqual({ a: 0xffffffff, b: 0xffffffff });
  expect(subtractHash(addHash(almostFull, { a: 7, b: 9 }), { a: 7, b: 9 })).toEqual(almostFull);
});

test("[G1] neither the order of records nor that of fields counts", () => {
  const [a, b] = [{ id: "a", x: 1, y: 2 }, { id: "b" }];
  const forward = {
    hosts: new Map<string, StateRecord>([
      ["a", a],
      ["b", b],
    ]),
  };
  const backward = {
    hosts: new Map<string, StateRecord>([
      ["b", b],
      ["a", { y: 2, x: 1, id: "a" }],
    ]),
  };

  expect(digestOf(forward)).toBe(digestOf(backward));
});

test("[G1] the same record in another collection, or under another id, counts as another", () => {
  const record = { id: "a" };

  expect(recordHash("hosts", "a", record)).not.toEqual(recordHash("events", "a", record));
  expect(recordHash("hosts", "a", record)).not.toEqual(recordHash("hosts", "b", record));
});

test("[G1] a record larger than the buffer is hashed whole", () => {
  const large = { id: "a", text: "é".repeat(50_000), end: 1 };

  expect(recordHash("c", "a", large)).not.toEqual(recordHash("c", "a", { ...large, end: 2 }));
  expect(recordHash("c", "a", large)).toEqual(recordHash("c", "a", structuredClone(large)));
});

test("[G1] [G2] a digest kept up to date by two additions a change equals one made from scratch", () => {
  fc.assert(
    fc.property(anyState, fc.array(anyChange, { maxLength: 20 }), ({ hosts }, changes) => {
      let sum = ZERO_HASH;
      for (const [id, record] of hosts) sum = addHash(sum, recordHash("hosts", id, record));

      for (const change of changes) {
        const { id, after } = effectOf(testModel, change, (_, wanted) => hosts.get(wanted));
        const before = hosts.get(id);
        if (before !== undefined) sum = subtractHash(sum, recordHash("hosts", id, before));
        if (after !== null) sum = addHash(sum, recordHash("hosts", id, after));
        if (after === null) hosts.delete(id);
        else hosts.set(id, after);
      }

      expect(formatDigest(sum)).toBe(digestOf({ hosts }));
    }),
  );
});

test("[G1] states that differ have other digests", () => {
  fc.assert(
    fc.property(anyState, anyState, (a, b) => {
      const same = canonicalJson(sorted(a)) === canonicalJson(sorted(b));
      expect(digestOf(a) === digestOf(b)).toBe(same);
    }),
  );
});

function sorted(state: Record<string, Map<string, StateRecord>>) {
  return Object.fromEntries(Object.entries(state).map(([name, records]) => [name, Object.fromEntries(records)]));
}
