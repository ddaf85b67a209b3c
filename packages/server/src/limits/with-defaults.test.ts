import { collection, defineModel } from "@neverstale/protocol";
import { expect, test } from "vitest";
import { StateManager } from "../authority/state-manager.ts";
import { SyncHub } from "../followers/sync-hub.ts";
import { settle, VirtualRuntime } from "../runtime/virtual-runtime-suite.ts";
import { memoryStore } from "../store/memory.ts";
import { limitsFrom } from "./limits.ts";
import { withDefaults } from "./with-defaults.ts";

const DEFAULTS = { rows: 8, ageMs: 1_000, perSecond: 2 };
const model = defineModel({ model: 1, collections: { hosts: collection(null) }, changes: {} });

test("[A10] a bound that is left out, or undefined, is the default; it may be lifted", () => {
  expect(withDefaults(DEFAULTS, undefined, "retention")).toEqual(DEFAULTS);
  expect(withDefaults(DEFAULTS, { rows: undefined as never }, "retention")).toEqual(DEFAULTS);

  const given = { rows: Number.POSITIVE_INFINITY, ageMs: 0.5, perSecond: 0.1 };
  expect(withDefaults(DEFAULTS, given, "retention")).toEqual(given);
  expect(withDefaults(DEFAULTS, { rows: 0 }, "retention", { zero: ["rows"] }).rows).toBe(0);
});

test.each([Number.NaN, "8", null, {}, [], true, 8n, 0, -1, Number.NEGATIVE_INFINITY, 2.5, Object.create(null)])(
  "[A10] a bound of %s is refused by its name",
  (rows) => {
    expect(() => withDefaults(DEFAULTS, { rows: rows as never }, "retention")).toThrow("`rows` of `retention`");
  },
);

test("[A10] a bound that is too large to be meant, one that there is not, and what holds no bounds are refused", () => {
  const from = (given: unknown) => () => withDefaults(DEFAULTS, given as never, "limits", { mostMs: 5_000, most: 9 });

  expect(from({ ageMs: 5_001 })).toThrow("`ageMs` of `limits` is a number, more than 0 and at most 5000, not 5001");
  expect(from({ rows: Number.POSITIVE_INFINITY })).toThrow("at most 9, not Infinity");
  expect(from({ rowz: 3 })).toThrow("`limits` has no `rowz`");
  for (const given of [null, 5, "rows"]) expect(from(given)).toThrow("`limits` is an object of numbers");
});

test("[A10] an authority, its store and what serves it refuse bounds that can't be any, and keep nothing open", async () => {
  const runtime = new VirtualRuntime();
  const store = memoryStore();
  const opening = (limits: object) => StateManager.openWith({ model, store, limits }, runtime);

  await expect(opening({ waitingCalls: 0 })).rejects.toThrow(
    "`waitingCalls` of `limits` is a whole number, 1 or more, not 0",
  );
  await expect(opening({ foldMs: Number.POSITIVE_INFINITY })).rejects.toThrow("`foldMs` of `limits`");
  await expect(opening({ recordBytes: "1 MiB" })).rejects.toThrow('not "1 MiB"');
  expect(() => memoryStore({ retention: { logChanges: -1 } })).toThrow("`logChanges` of `retention`");
  const manager = await opening({ batchMs: 0 });
  await settle();
  for (const beaconMs of [0, Number.NaN, "30" as never]) {
    expect(() => new SyncHub(manager, { frames: runtime.frames, beaconMs })).toThrow("beaconMs");
  }
  expect(limitsFrom({}).waitingCalls).toBe(100_000);
});
