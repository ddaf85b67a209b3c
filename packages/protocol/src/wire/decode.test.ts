import fc from "fast-check";
import { expect, test } from "vitest";
import { anyChange, anyState } from "../arbitraries-suite.ts";
import { diffStates, toWireState } from "../diff/diff.ts";
import { SyncError, TOLD_ERROR_CODES } from "../errors.ts";
import {
  decodeClientMessage,
  decodePlainClientMessage,
  decodePlainServerMessage,
  decodeServerMessage,
} from "./decode.ts";
import { encodeMessage } from "./encode.ts";
import { MAX_CLIENT_FRAME_BYTES } from "./limits.ts";
import { type ClientMessage, type PlainServerMessage, RESYNC_REASONS, type ServerMessage } from "./messages.ts";

const anyVersion = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const anyDigest = fc.stringMatching(/^[0-9a-f]{16}$/);
const anyLineage = fc.array(fc.tuple(fc.uuid(), anyVersion), { maxLength: 16 });
const anyFacts = fc.record({
  epoch: fc.uuid(),
  space: fc.uuid(),
  model: fc.nat(),
  beaconMs: fc.integer({ min: 1 }),
  lineage: anyLineage,
});
const anyPayload = anyState.map(toWireState);

const anyFullState = fc
  .tuple(fc.constantFrom("init", "full_state"), anyVersion, anyFacts, anyDigest, anyPayload)
  .map(([type, version, facts, digest, payload]) => ({ type, version, ...facts, digest, payload }));
const anyDelta = fc
  .tuple(fc.nat(), fc.nat(), anyState, anyState)
  .map(([from, more, a, b]) => ({ type: "delta" as const, from, version: from + more, payload: diffStates(a, b) }));
const anySync = fc.record(
  {
    type: fc.constant("sync" as const),
    version: anyVersion,
    head: anyVersion,
    digest: anyDigest,
    check: fc.integer({ min: 1 }),
    resumed: anyFacts,
  },
  { requiredKeys: ["type", "version", "head"] },
);
const anyError = fc.record(
  {
    type: fc.constant("error" as const),
    code: fc.constantFrom(...TOLD_ERROR_CODES),
    message: fc.string(),
    hint: fc.string(),
    retryAfterMs: fc.nat(),
  },
  { requiredKeys: ["type", "code", "message", "hint"] },
);
const anyServerMessage = fc.oneof(anyFullState, anyDelta, anySync, anyError) as fc.Arbitrary<ServerMessage>;

const anyClientMessage: fc.Arbitrary<ClientMessage> = fc.oneof(
  fc.record({ type: fc.constant("check" as const), n: fc.integer({ min: 1 }) }),
  fc.record({ type: fc.constant("ack" as const), n: anyVersion }),
  fc.record({ type: fc.constant("get_state" as const), reason: fc.constantFrom(...RESYNC_REASONS) }),
);

const anyPlainServerMessage = fc.oneof(
  fc.record({ type: fc.constantFrom("init", "full_state"), version: anyVersion, payload: anyPayload }),
  fc.record({ type: fc.constant("delta"), version: anyVersion, payload: anyChange.map(withoutNulls) }),
  fc.record({ type: fc.constant("sync"), version: anyVersion }),
) as fc.Arbitrary<PlainServerMessage>;

function withoutNulls<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

test("[M2] what the authority encodes a replica decodes to the same message", () => {
  fc.assert(
    fc.property(anyServerMessage, (message) => {
      expect(decodeServerMessage(encodeMessage(message))).toEqual(JSON.parse(JSON.stringify(message)));
    }),
  );
});

test("[M2] what a replica encodes the authority decodes to the same message", () => {
  fc.assert(
    fc.property(anyClientMessage, (message) => {
      expect(decodeClientMessage(encodeMessage(message))).toEqual(message);
    }),
  );
});

test("[M1] the plain profile's messages come through as they are", () => {
  fc.assert(
    fc.property(anyPlainServerMessage, (message) => {
      expect(decodePlainServerMessage(encodeMessage(message))).toEqual(JSON.parse(JSON.stringify(message)));
    }),
  );
  expect(decodePlainClientMessage(encodeMessage({ type: "get_state" }))).toEqual({ type: "get_state" });
});

const facts = { epoch: "e1", space: "s1", model: 1, beaconMs: 30_000, lineage: [["e1", 7]] as const };

test("[E4] [M2] the facts of a resumed connection are members of the sync itself on the wire", () => {
  const text = encodeMessage({ type: "sync", version: 5, head: 7, resumed: facts });

  expect(JSON.parse(text)).toEqual({ type: "sync", version: 5, head: 7, ...facts });
});

test("[M2] a sync carries all facts of a resumed connection or none", () => {
  for (const member of Object.keys(facts)) {
    const { [member]: _, ...rest } = { ...facts } as Record<string, unknown>;
    refusedBy(decodeServerMessage, JSON.stringify({ type: "sync", version: 5, head: 7, ...rest }));
  }
});

test("[M2] a member of the wire can't pass for what is checked under another name", () => {
  const text = '{"type": "sync", "version": 1, "head": 1, "resumed": {"epoch": 7}}';

  expect(decodeServerMessage(text)).toEqual({ type: "sync", version: 1, head: 1 });
});

function refusedBy(decode: (text: string) => unknown, text: string): SyncError {
  try {
    decode(text);
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    expect(error.code).toBe("bad_message");
    expect(error.hint).not.toBe("");
    expect(error.message.length).toBeLessThan(300);
    return error;
  }
  throw new Error(`was taken for a message: ${text.slice(0, 200)}`);
}

const DECODERS = [decodeServerMessage, decodeClientMessage, decodePlainServerMessage, decodePlainClientMessage];

const NO_MESSAGES = [
  ...["", " ", "{", "nul", "[]", '["type"]', "null", "7", '"sync"', "{}", '{"type": 7}', '{"type": null}', "\u0000"],
  ...['{"type": ["sync"]}', "{'type': 'sync'}", '{"type": "sync",}', "\ufeff{}", '{"Type": "sync"}', "NaN"],
];

test.each(NO_MESSAGES)("[M3] %j is bad_message at every door", (text) => {
  for (const decode of DECODERS) refusedBy(decode, text);
});

test("[M3] [S4] any text is either a message or bad_message, and reaches no prototype", () => {
  const anyText = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .constantFrom("sync", "delta", "init", "error", "check", "ack", "get_state", "__proto__")
      .chain((type) =>
        fc.json().map((json) => `{"type": "${type}", "version": 1, "head": 1, "from": 0, "n": 1, "payload": ${json}}`),
      ),
  );
  fc.assert(
    fc.property(anyText, fc.constantFrom(...DECODERS), (text, decode) => {
      try {
        decode(text);
      } catch (error) {
        expect(error).toMatchObject({ name: "SyncError", code: "bad_message" });
      }
      expect(Object.keys(Object.prototype)).toEqual([]);
    }),
    { numRuns: 1_000 },
  );
});

test("[M3] a replica ignores a type that it doesn't know", () => {
  for (const decode of [decodeServerMessage, decodePlainServerMessage]) {
    expect(decode('{"type": "news", "version": "x"}')).toBeNull();
    expect(decode('{"type": "toString"}')).toBeNull();
  }
});

test("[M3] a replica ignores an error whose code it doesn't know: the close code says what to do", () => {
  expect(decodeServerMessage('{"type": "error", "code": "on_fire", "message": "m", "hint": ""}')).toBeNull();
});

test("[M3] the authority refuses what it doesn't know: types, members, and messages of the other side", () => {
  refusedBy(decodeClientMessage, '{"type": "news"}');
  refusedBy(decodeClientMessage, '{"type": "get_state"}');
  refusedBy(decodeClientMessage, '{"type": "check", "n": 1, "m": 2}');
  refusedBy(decodeClientMessage, '{"type": "ack", "n": 1, "__proto__": {"a": 1}}');
  refusedBy(decodeClientMessage, '{"type": "sync", "version": 1, "head": 1}');
  refusedBy(decodePlainClientMessage, '{"type": "get_state", "reason": "gap"}');
  refusedBy(decodePlainClientMessage, '{"type": "ack", "n": 1}');
});

test.each(["1", 1.5, -1, 2 ** 53, null, true, [1], {}])("[M2] %j is neither a version nor a count", (value) => {
  const written = JSON.stringify(value);
  refusedBy(decodeClientMessage, `{"type": "ack", "n": ${written}}`);
  refusedBy(decodeClientMessage, `{"type": "check", "n": ${written}}`);
  refusedBy(decodeServerMessage, `{"type": "sync", "version": ${written}, "head": 1}`);
  refusedBy(decodeServerMessage, `{"type": "sync", "version": 1, "head": ${written}}`);
  refusedBy(decodeServerMessage, `{"type": "delta", "from": ${written}, "version": 1, "payload": {}}`);
  refusedBy(decodeServerMessage, `{"type": "delta", "from": 0, "version": ${written}, "payload": {}}`);
  refusedBy(decodePlainServerMessage, `{"type": "sync", "version": ${written}}`);
});

test("[M2] an ack counts from 0, a check from 1, and a delta doesn't lead back", () => {
  expect(decodeClientMessage('{"type": "ack", "n": 0}')).toEqual({ type: "ack", n: 0 });
  refusedBy(decodeClientMessage, '{"type": "check", "n": 0}');
  refusedBy(decodeServerMessage, '{"type": "delta", "from": 2, "version": 1, "payload": {}}');
});

test("[M2] a get_state's reason is one of the five", () => {
  for (const reason of ["", "GAP", "toString", null, 1, ["gap"]]) {
    refusedBy(decodeClientMessage, JSON.stringify({ type: "get_state", reason }));
  }
});

test("[A10] a client's frame above the limit isn't even parsed", () => {
  const large = `{"type": "get_state", "reason": "${"x".repeat(MAX_CLIENT_FRAME_BYTES)}"}`;

  for (const decode of [decodeClientMessage, decodePlainClientMessage]) {
    expect(refusedBy(decode, large).message).toContain("65536");
  }
});

/** What stands as `payload` of an otherwise right delta. */
const BAD_DIFFS = [
  ...["null", "[]", "7", '{"hosts": null}', '{"hosts": []}', '{"hosts": {"move": []}}', '{"": {}}', '{"a\\u0000": {}}'],
  ...['{"__proto__": {"put": []}}', '{"constructor": {}}', '{"hosts": {"__proto__": []}}'],
  ...['{"c": {"put": {}}}', '{"c": {"put": [null]}}', '{"c": {"put": [[]]}}', '{"c": {"put": [{}]}}'],
  ...['{"c": {"put": [{"id": 7}]}}', '{"c": {"put": [{"id": ""}]}}', '{"c": {"put": [{"id": "__proto__"}]}}'],
  ...['{"c": {"put": [{"id": "a", "__proto__": {"x": 1}}]}}', '{"c": {"put": [{"id": "a", "x": null}]}}'],
  ...[
    '{"c": {"put": [{"id": "a", "x": {"__proto__": 1}}]}}',
    '{"c": {"put": [{"id": "a", "x": [{"constructor": 1}]}]}}',
  ],
  ...['{"c": {"put": [{"id": "a", "x": "\\ud800"}]}}', '{"c": {"put": [{"id": "a", "x": 1e999}]}}'],
  ...[
    '{"c": {"put": [{"id": "a", "\\ud800": 1}]}}',
    `{"c": {"put": [{"id": "a", "x": ${"[".repeat(99)}${"]".repeat(99)}}]}}`,
  ],
  ...['{"c": {"set": []}}', '{"c": {"set": {"a": null}}}', '{"c": {"set": {"a": []}}}', '{"c": {"set": {"": {}}}}'],
  ...['{"c": {"set": {"__proto__": {"x": 1}}}}', '{"c": {"set": {"a": {"__proto__": 1}}}}'],
  ...[
    '{"c": {"set": {"a": {"id": "b"}}}}',
    '{"c": {"set": {"a": {"x": null}}}}',
    '{"c": {"set": {"a": {"x": {"prototype": 1}}}}}',
  ],
  ...[
    '{"c": {"unset": []}}',
    '{"c": {"unset": {"a": {}}}}',
    '{"c": {"unset": {"a": [1]}}}',
    '{"c": {"unset": {"a": ["id"]}}}',
  ],
  ...['{"c": {"unset": {"__proto__": []}}}', '{"c": {"unset": {"a": ["__proto__"]}}}'],
  ...['{"c": {"remove": {}}}', '{"c": {"remove": [1]}}', '{"c": {"remove": [""]}}', '{"c": {"remove": ["a\\u0000"]}}'],
];

test.each(BAD_DIFFS)("[S4] [M2] the diff %s is refused", (diff) => {
  refusedBy(decodeServerMessage, `{"type": "delta", "from": 0, "version": 1, "payload": ${diff}}`);
});

test("[M6] a lineage lists epochs with the last version of their run, empty runs included", () => {
  const lineage = [
    ["e0", 0],
    ["e1", 5],
    ["e2", 5],
  ];

  expect(decodeServerMessage(JSON.stringify({ ...rightState, lineage }))).toMatchObject({ lineage });
});

test("[M6] a replica attaches no meaning to collections and fields that its model doesn't know", () => {
  const delta = { type: "delta", from: 1, version: 2, payload: { novelties: { put: [{ id: "n1", shape: [1] }] } } };

  expect(decodeServerMessage(JSON.stringify(delta))).toEqual(delta);
});

const rightState = {
  type: "init",
  version: 7,
  ...facts,
  digest: "0123456789abcdef",
  payload: { hosts: [{ id: "a" }] },
};

test.each<[string, unknown]>([
  ["digest", undefined],
  ["digest", "0123456789ABCDEF"],
  ["digest", "0123456789abcde"],
  ["epoch", ""],
  ["epoch", 7],
  ["space", undefined],
  ["model", -1],
  ["beaconMs", 0],
  ["lineage", undefined],
  ["lineage", [["e1"]]],
  ["lineage", [["e1", -1]]],
  ["lineage", [[1, 1]]],
  ["lineage", [{}]],
  ["payload", undefined],
  ["payload", []],
  ["payload", { hosts: {} }],
  ["payload", { hosts: [{ id: "a", x: null }] }],
  ["payload", JSON.parse('{"__proto__": []}')],
])("[M2] a full state whose %s is %j is refused", (member, value) => {
  expect(decodeServerMessage(JSON.stringify(rightState))).toEqual(rightState);
  refusedBy(decodeServerMessage, JSON.stringify({ ...rightState, [member]: value }));
});

test.each<[string, unknown]>([
  ["code", 7],
  ["message", 7],
  ["hint", undefined],
  ["retryAfterMs", -1],
])("[M2] an error whose %s is %j is refused", (member, value) => {
  const error = { type: "error", code: "forbidden", message: "m", hint: "h" };
  refusedBy(decodeServerMessage, JSON.stringify({ ...error, [member]: value }));
});

test.each([
  '{"type": 7, "target": "", "data": {}}',
  '{"type": "event", "data": {}}',
  '{"type": "event", "target": "", "data": []}',
  '{"type": "event", "target": "", "data": {"__proto__": 1}}',
  '{"type": "event", "target": "", "data": {"a": {"constructor": 1}}}',
  "null",
])("[S4] [M1] the plain delta of the change %s is refused", (change) => {
  refusedBy(decodePlainServerMessage, `{"type": "delta", "version": 1, "payload": ${change}}`);
});

test("[M3] what a decoder says of a long frame stays short", () => {
  const frame = `{"type": "${"x".repeat(50_000)}"}`;

  expect(refusedBy(decodeClientMessage, frame).message.length).toBeLessThan(200);
  expect(refusedBy(decodeServerMessage, frame.slice(0, -1)).message.length).toBeLessThan(200);
});

test("[M3] a hundred thousand nested lists are bad_message, not the end of the process", () => {
  const deep = "[".repeat(100_000) + "]".repeat(100_000);

  refusedBy(decodeServerMessage, deep);
  refusedBy(
    decodeServerMessage,
    `{"type": "delta", "from": 0, "version": 1, "payload": {"c": {"set": {"a": {"x": ${deep}}}}}}`,
  );
  expect(decodeServerMessage(`{"type": "news", "deep": ${deep}}`)).toBeNull();
});
