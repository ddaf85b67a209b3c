/** The mistakes of the authority that the simulator must catch: when it commits, folds and answers under a key. */

import type { BrokenBuild } from "../broken-build.ts";

export const AUTHORITY_MISTAKES: readonly BrokenBuild[] = [
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
        find: "export class StateManager<M extends Model = Model, S extends SpaceDeclarations",
        replace: `const copies = new WeakMap<Space, { readonly at: number; readonly state: AnyState }>();
function copyOf(space: Space, now: number): AnyState {
  const before = copies.get(space);
  if (before !== undefined && now - before.at < 500) return before.state;
  const state = Object.fromEntries(Object.entries(space.state).map(([name, records]) => [name, new Map(records)]));
  copies.set(space, { at: now, state });
  return state;
}

export class StateManager<M extends Model = Model, S extends SpaceDeclarations`,
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
];
