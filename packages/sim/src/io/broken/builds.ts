/** The broken builds: each is a mistake that the simulator must catch. */

import type { BrokenBuild } from "./broken-build.ts";
import { CHAIN_MISTAKES } from "./chain-builds.ts";
import { DATA_MISTAKES } from "./data-builds.ts";
import { FOUND_MISTAKES } from "./found-builds.ts";
import { SPACE_MISTAKES } from "./space-builds.ts";

/** With this an edit keeps a note from one call to the next, beside an object. */
const AFTERWARDS = `
const firstOf = new WeakMap();
function isLater(of, one) {
  if (!firstOf.has(of)) firstOf.set(of, one);
  return firstOf.get(of) !== one;
}
`;

/** A review would call these out by their rule. */
const MISTAKES: readonly BrokenBuild[] = [
  {
    name: "the gap check is skipped",
    item: "skip the gap check",
    rule: "P1",
    by: { seed: 1 },
    edits: [
      {
        file: "client/src/machine/receive.ts",
        find: "if (delta.from !== position.version)\n    return resync(",
        replace: "if (delta.from === -1)\n    return resync(",
      },
    ],
  },
  {
    name: "the beacon is outside the order",
    item: "beacon outside the order",
    rule: "A7",
    by: { seed: 3 },
    edits: [
      {
        file: "server/src/followers/fanout.ts",
        find: 'type: "sync", version: cursor.position, head, ...digest',
        replace: 'type: "sync", version: head, head, ...digest',
      },
    ],
  },
  {
    name: "published before the commit",
    item: "publish before the commit",
    rule: "A1",
    by: { seed: 3 },
    edits: [
      {
        file: "server/src/authority/writer.ts",
        find: "outcome.then(\n        () => this.#doneElsewhere(group),",
        replace: `(this.#feed.publish(this.#spaces.commit(group.drafts)), outcome).then(
        () => { this.#committing = false; group.resolve(); this.#afterwards(); },`,
      },
    ],
  },
  {
    name: "resume without the lineage",
    item: "resume without the lineage",
    rule: "E3",
    by: { seed: 190 },
    edits: [
      {
        file: "server/src/followers/sync-hub.ts",
        find: "creationId === space.creationId ? space.lineage.lastVersion(epoch, space.head) : null",
        replace: "creationId === space.creationId ? space.head : null",
      },
    ],
  },
  {
    name: "the lineage row is written after the first client is served",
    item: "lineage row written after the first client is served",
    rule: "E1",
    by: { seed: 1 },
    edits: [
      {
        file: "server/src/space/space-draft.ts",
        find: "this.version >= firstVersion && !this.space.lineage.begun ?",
        replace: "this.version >= firstVersion && !this.space.lineage.begun && isLater(this.space, this) ?",
      },
      {
        file: "server/src/space/space-draft.ts",
        find: "function evictionRefused()",
        replace: `${AFTERWARDS}\nfunction evictionRefused()`,
      },
    ],
  },
  {
    name: "the version is read before the state",
    item: "version read before the state",
    rule: "P1",
    by: { seed: 4 },
    edits: [
      {
        file: "server/src/followers/frames/snapshots.ts",
        find: "const result = this.#last.then(() => this.#run(build));",
        replace: "const early = this.#space.head; const result = this.#last.then(() => this.#run(build, early));",
      },
      {
        file: "server/src/followers/frames/snapshots.ts",
        find: "async #run(build: Build): Promise<Snapshot> {",
        replace: "async #run(build: Build, early: number): Promise<Snapshot> {",
      },
      {
        file: "server/src/followers/frames/snapshots.ts",
        find: "const capture = this.#space.capture();",
        replace: "const capture = { ...this.#space.capture(), version: early };",
      },
    ],
  },
  {
    name: "a snapshot below the cursor is sent as the answer",
    item: "a snapshot below the cursor sent as the answer",
    rule: "A8",
    by: { seed: 5 },
    edits: [
      {
        file: "server/src/followers/fanout.ts",
        find: "newest !== null && newest.version >= wanted.atLeast",
        replace: "newest !== null",
      },
      {
        file: "server/src/followers/cursor.ts",
        find: 'assert(version >= this.position, "a full state never takes a connection back (rule E5)");',
        replace: "",
      },
    ],
  },
  {
    name: "two get_state are out at once",
    item: "two `get_state` out at once",
    rule: "R2",
    by: { seed: 1 },
    edits: [
      {
        file: "client/src/machine/receive.ts",
        find: 'if (phase.type === "resyncing") return become({ ...state, phase: { ...phase, link } });',
        replace: "",
      },
    ],
  },
  {
    name: "an old socket's frames are accepted",
    item: "an old socket's frames accepted",
    rule: "R8",
    by: { seed: 8 },
    edits: [
      {
        file: "client/src/machine/transition.ts",
        find: "if (input.socket !== state.socket || !isConnected(state.phase)) return become(state);\n      if (isOutOfPlace(",
        replace: "if (!isConnected(state.phase)) return become(state);\n      if (isOutOfPlace(",
      },
      {
        file: "client/src/transport/frame-queue.ts",
        find: "  close(): void {\n    this.#closed = true;",
        replace: "  close(): void {",
      },
    ],
  },
  {
    name: "the idempotency row is in another transaction",
    item: "the idempotency row in another transaction",
    rule: "D1",
    by: { seed: 11 },
    edits: [
      {
        file: "server/src/authority/deciding/group-draft.ts",
        find: "history, answers: this.#answers };",
        replace: "history, answers: takeTurns(this.#answers) };",
      },
      {
        file: "server/src/authority/deciding/group-draft.ts",
        find: "export class GroupDraft {",
        replace: `let owed = [];
function takeTurns(answers) {
  const before = owed;
  owed = answers;
  return before;
}

export class GroupDraft {`,
      },
    ],
  },
  {
    name: "a concurrent repeat of a key does not wait",
    item: null,
    rule: "D1",
    by: { seed: 26 },
    edits: [
      {
        file: "server/src/authority/keys.ts",
        find: "if (before !== undefined) return this.#repeat(key, bytes, before);",
        replace: "if (before?.bodyHash === null) return this.#repeat(key, bytes, before);",
      },
    ],
  },
  {
    name: "what was done under a key is forgotten with the process",
    item: null,
    rule: "D1",
    by: { seed: 1 },
    edits: [
      {
        file: "server/src/authority/keys.ts",
        find: "if (stored === null) return run();",
        replace: "if (stored === null || !ofThisProcess.has(this)) return ofThisProcess.add(this) && run();",
      },
      {
        file: "server/src/authority/keys.ts",
        find: "function keyReused()",
        replace: "const ofThisProcess = new WeakSet<Keys>();\n\nfunction keyReused()",
      },
    ],
  },
  {
    name: "a read is served from a copy that is older than what was acknowledged",
    item: null,
    rule: "A12",
    by: { seed: 1 },
    edits: [
      {
        file: "server/src/authority/state-manager.ts",
        find: "return this.#spaces.main.state as StateOf<M>;",
        replace: "return copyOf(this.#spaces.main, this.runtime.now()) as StateOf<M>;",
      },
      {
        file: "server/src/authority/state-manager.ts",
        find: "export class StateManager<M extends Model = Model> implements CommittedGroups {",
        replace: `const copies = new WeakMap<Space, { readonly at: number; readonly state: AnyState }>();
function copyOf(space: Space, now: number): AnyState {
  const before = copies.get(space);
  if (before !== undefined && now - before.at < 500) return before.state;
  const state = Object.fromEntries(Object.entries(space.state).map(([name, records]) => [name, new Map(records)]));
  copies.set(space, { at: now, state });
  return state;
}

export class StateManager<M extends Model = Model> implements CommittedGroups {`,
      },
    ],
  },
  {
    name: "tombstones are trimmed between the check and the reading",
    item: "tombstones trimmed between the check of E2 and the reading of rows",
    rule: "P1",
    by: { seed: 5 },
    edits: [
      {
        file: "server/src/followers/frames/head-frames.ts",
        find: 'if (!this.#space.canDiffFrom(from)) return { snapshot: "too_old" };',
        replace: "",
      },
    ],
  },
  {
    name: "the digest is not updated on remove",
    item: "digest not updated on remove",
    rule: "P3",
    by: { seed: 1 },
    edits: [
      {
        file: "server/src/space/space.ts",
        find: "if (entry.summed !== null) this.#sum = subtractHash",
        replace: "if (entry.summed !== null && entry.record !== null) this.#sum = subtractHash",
      },
    ],
  },
  {
    name: "a diff forgets a record put and removed in between",
    item: "a diff that forgets a record put and removed in between",
    rule: "P1",
    by: { seed: 7 },
    edits: [
      {
        file: "server/src/space/space.ts",
        find: "  if (entry.record === null) {\n    moved.remove ??= [];",
        replace:
          "  if (entry.record === null && entry.created > from) return;\n  if (entry.record === null) {\n    moved.remove ??= [];",
      },
    ],
  },
  {
    name: "a stamped unset is left out of the diff",
    item: "an `unset` lost in a merge",
    note: "stamps on records replace merging ([decision 2](decisions/0002-diffs-from-field-stamps.md)), so it is lost where a diff is made of them",
    rule: "P1",
    by: { seed: 1 },
    edits: [{ file: "server/src/space/space.ts", find: "      unset.push(field);", replace: "" }],
  },
  {
    name: "the window counts applied frames instead of taken ones",
    item: "the window counting applied instead of taken frames",
    rule: "M3",
    by: { seed: 1 },
    edits: [
      {
        file: "client/src/machine/receive.ts",
        find: "const link = frame.fromParts ? { ...phase.link, loading: null, partMs: 0 } : takenFrame(phase.link, sizeBytes, now);",
        replace: `const isIgnored = message?.type === "delta" && (phase.type !== "following" || message.from !== state.position?.version);
  const link = isIgnored ? phase.link : takenFrame(phase.link, sizeBytes, now);`,
      },
    ],
  },
  {
    name: "the answer to a check waits behind all parts of a message",
    item: null,
    rule: "M9",
    by: { seed: 3 },
    edits: [
      {
        file: "server/src/followers/fanout.ts",
        find: "if (n === null || !this.#mayAnswer(cursor)) return true;",
        replace: "if (n === null || !this.#mayAnswer(cursor) || cursor.underWay !== null) return true;",
      },
      {
        file: "server/src/followers/fanout.ts",
        find: "(cursor.owedCheck === null || !this.#mayAnswer(cursor))",
        replace: "cursor.parts !== null",
      },
    ],
  },
  {
    name: "the parts of an old connection are taken for those of the new one",
    item: null,
    rule: "P2",
    by: { seed: 1 },
    edits: [
      {
        file: "client/src/transport/frame-queue.ts",
        find: "return this.#parts.add(part);",
        replace: "return joinerOf(this.#inflate).add(part);",
      },
      {
        file: "client/src/transport/frame-queue.ts",
        find: "interface Bad {",
        replace: `const joiners = new WeakMap();
function joinerOf(inflate) {
  if (!joiners.has(inflate)) joiners.set(inflate, new PartJoiner());
  return joiners.get(inflate);
}

interface Bad {`,
      },
    ],
  },
  {
    name: "a waiter of reached goes into another epoch unchecked",
    item: "a waiter of `reached` carried into another epoch unchecked",
    rule: "D2",
    by: { seed: 5 },
    edits: [
      {
        file: "client/src/machine/reached.ts",
        find: "return position.epoch === waiter.epoch || isInLineage(authority.lineage, waiter);",
        replace: "return true;",
      },
    ],
  },
  {
    name: "the creation id of a space is not compared",
    item: null,
    rule: "E3",
    by: { seed: 33 },
    edits: [
      {
        file: "server/src/followers/sync-hub.ts",
        find: "creationId === space.creationId ? space.lineage",
        replace: "creationId !== null ? space.lineage",
      },
    ],
  },
  {
    name: "a patch keeps only its first field",
    item: null,
    rule: "S1",
    by: { seed: 3 },
    edits: [
      {
        file: "protocol/src/model/change.ts",
        find: "  const { rule, id } = change;\n  const before",
        replace: `  const { rule, id } = change;
  if (rule.kind === "patch") change = { ...change, data: Object.fromEntries(Object.entries(change.data).slice(0, 1)) };
  const before`,
      },
    ],
  },
  {
    name: "a decision can edit a record that it is given",
    item: null,
    rule: "P3",
    by: { seed: 2 },
    edits: [
      {
        file: "protocol/src/json/take-json.ts",
        find: "return Object.freeze(takeOutermost(value, own, false, path));",
        replace: "return takeOutermost(value, own, false, path);",
      },
      {
        file: "protocol/src/json/take-json.ts",
        find: "undefined ? undefined : Object.freeze(taken);",
        replace: "undefined ? undefined : taken;",
      },
      {
        file: "protocol/src/diff/merge-patch.ts",
        find: "return Object.freeze(after);",
        replace: "return after;",
      },
    ],
  },
  {
    name: "a list that a caller gave is kept, not copied",
    item: null,
    rule: "P1",
    by: { seed: 16 },
    edits: [
      {
        file: "protocol/src/json/take-json.ts",
        find: "  return Object.freeze(taken);",
        replace: "  return items as readonly JsonValue[];",
      },
    ],
  },
  {
    name: "the newest record is evicted instead of the oldest",
    item: null,
    rule: "S3",
    by: { seed: 1 },
    edits: [
      {
        file: "server/src/space/keep-index.ts",
        find: "this.steps += 1;\n    return this.#oldest;",
        replace: "this.steps += 1;\n    return this.#newest;",
      },
    ],
  },
  {
    name: "a digest that differs is believed",
    item: null,
    rule: "P5",
    by: { seed: 59 },
    edits: [
      {
        file: "client/src/machine/receive.ts",
        find: 'if (sync.digest !== undefined && digest !== null && sync.digest !== digest) return "digest";',
        replace: "",
      },
    ],
  },
  {
    name: "a sign-out leaves the state on the screen",
    item: null,
    rule: "R9",
    by: { seed: 38 },
    edits: [
      {
        file: "client/src/machine/connection.ts",
        find: 'return andThen(end(lost, "signed_out"), clear);',
        replace: 'return end(lost, "signed_out");',
      },
    ],
  },
  {
    name: "a fold that fails is an error that nobody catches",
    item: null,
    rule: "crash",
    by: { seed: 6 },
    edits: [
      {
        file: "server/src/authority/folder.ts",
        find: "this.foldAll(false).then(next, failed);",
        replace: "this.foldAll(false).then(next);",
      },
    ],
  },
  {
    name: "after a lost answer the repeat has another key",
    item: null,
    rule: "D2",
    by: { seed: 3 },
    edits: [
      {
        file: "client/src/requests/request.ts",
        find: "await attempt(target, body, key, refresh",
        replace: "await attempt(target, body, key + failures, refresh",
      },
    ],
  },
];

export const BROKEN_BUILDS: readonly BrokenBuild[] = [
  ...MISTAKES,
  ...DATA_MISTAKES,
  ...CHAIN_MISTAKES,
  ...FOUND_MISTAKES,
  ...SPACE_MISTAKES,
];
