import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { applyDiff, type Diff, diffStates, fromWireState, toWireState } from "./diff/diff.ts";
import { digestOf, recordHash } from "./digest/digest.ts";
import { xxh32 } from "./digest/xxh32.ts";
import { canonicalJson } from "./json/canonical-json.ts";
import type { AnyState, JsonObject, JsonValue, StateRecord, WireState } from "./json/json.ts";
import { type Change, effectOf } from "./model/change.ts";
import { type ChangeRule, collection, defineModel } from "./model/model.ts";
import {
  decodeClientMessage,
  decodePlainClientMessage,
  decodePlainServerMessage,
  decodeServerMessage,
} from "./wire/decode.ts";
import { encodeMessage } from "./wire/encode.ts";
import { PartJoiner } from "./wire/parts.ts";

/** The files of `vectors/`, as its README describes them. */
interface Case {
  readonly name: string;
  readonly rule: string;
}

function vectors<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(`../vectors/${file}`, import.meta.url), "utf8")) as T;
}

function titled<T extends Case>(cases: readonly T[]): [string, T][] {
  return cases.map((each) => [`[${each.rule}] ${each.name}`, each]);
}

function refusal(code: string) {
  return expect.objectContaining({ name: "SyncError", code });
}

/** As another language would see it: no undefined, no -0, no sharing. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

describe("changes.json", () => {
  interface ChangeCase extends Case {
    readonly before: StateRecord | null;
    readonly change: Change;
    readonly effect?: JsonObject;
    readonly error?: string;
  }
  interface File {
    readonly model: { readonly collections: readonly string[]; readonly changes: Record<string, ChangeRule> };
    readonly cases: readonly ChangeCase[];
  }
  const file = vectors<File>("changes.json");
  const collections = Object.fromEntries(file.model.collections.map((name) => [name, collection()]));
  const model = defineModel({ model: 1, collections, changes: file.model.changes });

  test.each(titled(file.cases))("%s", (_, { before, change, effect, error }) => {
    const run = () => effectOf(model, change, () => before ?? undefined);

    if (error === undefined) expect(plain(run())).toEqual(effect);
    else expect(run).toThrow(refusal(error));
  });
});

describe("diffs.json", () => {
  interface File {
    readonly apply: readonly (Case & { state: WireState; diff: Diff; result?: WireState; refused?: true })[];
    readonly between: readonly (Case & { before: WireState; after: WireState; diff: Diff })[];
    readonly merge: readonly (Case & { first: Diff; second: Diff; merged: Diff })[];
  }
  const file = vectors<File>("diffs.json");

  test.each(titled(file.apply))("%s", (_, { state, diff, result, refused }) => {
    const after = fromWireState(state);

    expect(applyDiff(after, diff)).toBe(refused !== true);

    expect(byId(after)).toEqual(byId(fromWireState(result ?? state)));
  });

  test.each(titled(file.between))("%s", (_, { before, after, diff }) => {
    expect(diffStates(fromWireState(before), fromWireState(after))).toEqual(diff);
  });

  test.each(titled(file.merge))("%s", (_, { first, second, merged }) => {
    const [step, leap] = [mergeBase(), mergeBase()];

    expect([applyDiff(step, first), applyDiff(step, second), applyDiff(leap, merged)]).toEqual([true, true, true]);

    expect(byId(leap)).toEqual(byId(step));
  });
});

/** The state from which the first diff of each case under `merge` was made. */
function mergeBase() {
  return fromWireState({
    c: [
      { id: "a", x: 1, y: 1 },
      { id: "b", x: 1 },
    ],
  });
}

function byId(state: AnyState): unknown {
  return Object.fromEntries(
    Object.entries(toWireState(state)).map(([name, records]) => [
      name,
      Object.fromEntries(records.map((record) => [record.id, record])),
    ]),
  );
}

describe("digest.json", () => {
  interface File {
    readonly xxh32: readonly (Case & { text: string; seed: number; hash: string })[];
    readonly canonical: readonly (Case & { json: string; canonical?: string; error?: string })[];
    readonly records: readonly (Case & { collection: string; id: string; record: StateRecord; a: string; b: string })[];
    readonly states: readonly (Case & { state: WireState; digest: string })[];
  }
  const file = vectors<File>("digest.json");

  test.each(titled(file.xxh32))("%s", (_, { text, seed, hash }) => {
    const bytes = new TextEncoder().encode(text);

    expect(hex(xxh32(new DataView(bytes.buffer), bytes.length, seed))).toBe(hash);
  });

  test.each(titled(file.canonical))("%s", (_, { json, canonical, error }) => {
    const run = () => canonicalJson(JSON.parse(json) as JsonValue);

    if (error === undefined) expect(run()).toBe(canonical);
    else expect(run).toThrow(refusal(error));
  });

  test.each(titled(file.records))("%s", (_, { collection, id, record, a, b }) => {
    const hash = recordHash(collection, id, record);

    expect([hex(hash.a), hex(hash.b)]).toEqual([a, b]);
  });

  test.each(titled(file.states))("%s", (_, { state, digest }) => {
    expect(digestOf(fromWireState(state))).toBe(digest);
  });
});

function hex(lane: number): string {
  return lane.toString(16).padStart(8, "0");
}

describe("codec.json", () => {
  const decoders = {
    server: decodeServerMessage,
    client: decodeClientMessage,
    plainServer: decodePlainServerMessage,
    plainClient: decodePlainClientMessage,
  };
  interface CodecCase extends Case {
    readonly decoder: keyof typeof decoders;
    readonly text: string;
    readonly message?: Parameters<typeof encodeMessage>[0];
    readonly ignored?: true;
    readonly error?: string;
  }

  test.each(titled(vectors<{ cases: CodecCase[] }>("codec.json").cases))("%s", (_, { decoder, text, ...expected }) => {
    const run = () => decoders[decoder](text);

    if (expected.error !== undefined) expect(run).toThrow(refusal(expected.error));
    else if (expected.message === undefined) expect([run(), expected.ignored]).toEqual([null, true]);
    else {
      expect(run()).toEqual(expected.message);
      expect(decoders[decoder](encodeMessage(expected.message))).toEqual(expected.message);
    }
  });
});

describe("parts.json", () => {
  interface PartsCase extends Case {
    readonly frames: readonly string[];
    readonly whole?: string;
    readonly received?: number;
    readonly total?: number;
    readonly error?: string;
  }

  test.each(titled(vectors<{ cases: PartsCase[] }>("parts.json").cases))("%s", (_, { frames, error, ...expected }) => {
    const joiner = new PartJoiner();
    const last = bytes(frames.at(-1) ?? "");
    for (const frame of frames.slice(0, -1)) joiner.add(bytes(frame));

    if (error !== undefined) return expect(() => joiner.add(last)).toThrow(refusal(error));
    const { whole, receivedBytes, totalBytes } = joiner.add(last);

    if (expected.whole === undefined) expect([receivedBytes, totalBytes]).toEqual([expected.received, expected.total]);
    expect(whole).toEqual(expected.whole === undefined ? null : bytes(expected.whole));
  });
});

function bytes(hexDigits: string): Uint8Array {
  return Uint8Array.from(hexDigits.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
}
