import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { allBuckets, BUCKETS, bucketOf, bucketTexts, stateOf } from "./buckets.ts";
import { type KeptWriting, LEFT_TO_OTHERS_MS, MOST_BYTES, MOST_REPLICAS, openStep, writeStep } from "./decisions.ts";
import type { KeptMeta } from "./place.ts";

const NO_TEXTS = new Map<number, string>();
const WALL = 1_700_000_000_000;

function meta(members: Partial<KeptMeta> = {}): KeptMeta {
  const position = { epoch: "e1", space: "c1", version: 1 };
  return {
    key: "mine",
    user: "ann",
    position,
    confirmedAt: WALL,
    writtenAt: WALL,
    stamp: "s1",
    bytes: 100,
    ...members,
  };
}

function writing(members: Partial<KeptWriting> = {}): KeptWriting {
  return { meta: meta({ stamp: "s2" }), texts: new Map(), era: 3, base: "s1", wasKept: true, ...members };
}

describe("a page that begins", () => {
  const asking = { key: "mine", user: "ann", wall: WALL };

  test("[X8] reads its own, and deletes nothing of its user", () => {
    const found = { era: 3, metas: [meta(), meta({ key: "other" })], texts: NO_TEXTS };

    expect(openStep(found, asking, [])).toEqual([meta(), { drop: [] }]);
  });

  test("[X9] deletes all of another user, and begins an era in which that user's pages write nothing", () => {
    const found = { era: 3, metas: [meta(), meta({ key: "theirs", user: "bob" })], texts: NO_TEXTS };

    expect(openStep(found, asking, [])).toEqual([meta(), { drop: ["theirs"], era: 4 }]);
  });

  test("[X9] deletes what is doomed, and reads nothing of it", () => {
    const found = { era: 3, metas: [meta(), meta({ key: "other" })], texts: NO_TEXTS };

    expect(openStep(found, asking, ["mine"])).toEqual([null, { drop: ["mine"] }]);
    expect(openStep(found, asking, "all")).toEqual([null, { drop: ["mine", "other"], era: 4 }]);
  });

  test("[B106] does not show what was confirmed by a clock that is far ahead", () => {
    const found = { era: 3, metas: [meta({ confirmedAt: WALL + 8 * 24 * 3_600_000 })], texts: NO_TEXTS };

    expect(openStep(found, asking, [])[0]).toBeNull();
  });
});

describe("a page that writes", () => {
  test("[X8] adds to what it wrote itself", () => {
    const [written, step] = writeStep({ era: 3, metas: [meta()], texts: NO_TEXTS }, writing());

    expect(written).toBe("written");
    expect(step.write?.meta.stamp).toBe("s2");
  });

  test.each([
    ["another era", { era: 4, metas: [meta()], texts: NO_TEXTS }],
    ["nothing there any more", { era: 3, metas: [], texts: NO_TEXTS }],
  ])("[X9] writes nothing where it finds %s", (_, found) => {
    expect(writeStep(found, writing())).toEqual(["forgotten", {}]);
  });

  test("[X8] leaves it to another page that has written, until that one does so no more", () => {
    const found = { era: 3, metas: [meta({ stamp: "theirs" })], texts: NO_TEXTS };
    const later = meta({ stamp: "s2", writtenAt: WALL + LEFT_TO_OTHERS_MS });

    expect(writeStep(found, writing())).toEqual(["left", {}]);
    expect(writeStep(found, writing({ meta: later }))).toEqual(["all", {}]);
    expect(writeStep(found, writing({ meta: later, base: null }))[0]).toBe("written");
  });

  test("[B105] keeps no state that is larger than all that may be kept, and deletes the one that it had", () => {
    const large = writing({ meta: meta({ bytes: MOST_BYTES + 1 }) });

    expect(writeStep({ era: 3, metas: [meta()], texts: NO_TEXTS }, large)).toEqual(["too_large", { drop: ["mine"] }]);
  });

  test("[B105] deletes those that were written longest ago where all together are too large", () => {
    const old = meta({ key: "old", writtenAt: WALL - 1, bytes: MOST_BYTES / 2 });
    const older = meta({ key: "older", writtenAt: WALL - 2, bytes: MOST_BYTES / 2 });

    expect(writeStep({ era: 3, metas: [older, meta(), old], texts: NO_TEXTS }, writing())[1].drop).toEqual(["older"]);
  });

  test("[B105] deletes the oldest where there are too many", () => {
    const others = Array.from({ length: MOST_REPLICAS }, (_, n) => meta({ key: `other-${n}`, writtenAt: WALL - n }));

    expect(writeStep({ era: 3, metas: [meta(), ...others], texts: NO_TEXTS }, writing())[1].drop).toEqual([
      `other-${MOST_REPLICAS - 1}`,
    ]);
  });
});

describe("buckets", () => {
  test("[X8] hold each record once, whatever its collection and its id are called", () => {
    const name = fc.string({ minLength: 1, maxLength: 6 }).filter((text) => text !== "__proto__");
    const state = fc.dictionary(name, fc.uniqueArray(name, { maxLength: 20 }), { noNullPrototype: false });
    fc.assert(
      fc.property(state, (ids) => {
        const records = Object.fromEntries(
          Object.entries(ids).map(([collection, own]) => [collection, new Map(own.map((id) => [id, { id }]))]),
        );
        const texts = bucketTexts(records, allBuckets());
        const back = stateOf([...texts.values()].filter((text) => text !== null));

        const filled = Object.entries(ids).filter(([, own]) => own.length > 0);
        expect(Object.keys(back).sort()).toEqual(filled.map(([collection]) => collection).sort());
        for (const [collection, own] of filled)
          expect(back[collection]?.map((record) => (record as { id: string }).id).sort()).toEqual([...own].sort());
      }),
    );
  });

  test("[B107] have about as many records each", () => {
    const sizes = new Array<number>(BUCKETS).fill(0);
    for (let n = 0; n < 10_000; n++) (sizes[bucketOf("hosts", `web-${n}`)] as number) += 1;

    expect(Math.max(...sizes)).toBeLessThan((2 * 10_000) / BUCKETS);
  });
});
