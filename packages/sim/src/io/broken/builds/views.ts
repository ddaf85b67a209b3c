/** The mistakes with views that the simulator must catch. */

import type { BrokenBuild } from "../broken-build.ts";

const VIEWED_SPACE = "server/src/space/views/viewed-space.ts";

export const VIEW_MISTAKES: readonly BrokenBuild[] = [
  {
    name: "the keys that a record had are forgotten when it gets others",
    item: "key sets forgotten at a move",
    rule: "P11",
    by: { views: 1 },
    edits: [
      {
        file: "server/src/space/views/visibility.ts",
        find: "const kept = isFirst ? [] : [{ set: this.set, since: this.since }, ...this.former];",
        replace: "const kept: FormerSet[] = [];",
      },
    ],
  },
  {
    name: "a removal is told to everybody",
    item: "a tombstone for all",
    rule: "P12",
    by: { views: 1 },
    edits: [{ file: VIEWED_SPACE, find: "if (then === null) return false;", replace: "" }],
  },
  {
    name: "a record that leaves a view is not removed there",
    item: "no removal",
    rule: "P11",
    by: { views: 1 },
    edits: [{ file: VIEWED_SPACE, find: "moved.remove.push(id);\n      return true;", replace: "return false;" }],
  },
  {
    name: "a record that comes into a view is told by what moved",
    item: "return without a put",
    rule: "P11",
    by: { views: 1 },
    edits: [
      {
        file: VIEWED_SPACE,
        find: "if (then !== now || this.#wasShownOtherwise(shown, from, now))",
        replace: "if (false)",
      },
    ],
  },
  {
    name: "a view is resumed below the floors of its keys",
    item: "no floor of keys",
    rule: "P11",
    by: { views: 5 },
    edits: [{ file: VIEWED_SPACE, find: "version >= this.#views.floors.of(this.view.keys)", replace: "version >= 0" }],
  },
  {
    name: "a tombstone that is trimmed raises the floor of nobody",
    item: null,
    rule: "P11",
    by: { views: 5 },
    edits: [
      {
        file: "server/src/space/views/space-views.ts",
        find: "if (set !== null) this.floors.raise(set.keys, until, head);",
        replace: "",
      },
    ],
  },
  {
    name: "a position is resumed under whatever view, and without its ticket",
    item: "resume under another view; no ticket",
    rule: "P11",
    by: { views: 2 },
    edits: [
      {
        file: VIEWED_SPACE,
        find: "return shown.view === view && isSameText(shown.ticket, ticket);",
        replace: "return true;",
      },
    ],
  },
  {
    name: "whoever is shown a record is shown all of its fields",
    item: "unfiltered fields",
    rule: "P12",
    by: { views: 1 },
    edits: [
      { file: "protocol/src/views/lens.ts", find: "if (fields === null) return record;", replace: "return record;" },
    ],
  },
  {
    name: "that a hidden field has moved is told",
    item: "no versions of fields",
    rule: "P12",
    by: { views: 4 },
    edits: [
      {
        file: VIEWED_SPACE,
        find: "const stamps = stampsOf(shown, now.fields);",
        replace:
          "if (shown.movedAt > from) return put(moved, throughLens(record, now));\n    const stamps = stampsOf(shown, now.fields);",
      },
    ],
  },
  {
    name: "what is remembered of keys is not stored",
    item: "sets not stored",
    rule: "P12",
    by: { views: 1 },
    edits: [
      {
        file: "server/src/space/space.ts",
        find: "records.push(new FoldedKeys(entry, entry.shown));",
        replace: ";",
      },
    ],
  },
  {
    name: "the versions of fields are not stored",
    item: "role versions not stored",
    rule: "P11",
    by: { views: 1 },
    edits: [
      {
        file: "server/src/space/views/key-rows.ts",
        find: "shown.fields = fields === undefined ? null : { ...fields };",
        replace: "shown.fields = null;",
      },
    ],
  },
  {
    name: "that a record has moved is forgotten at a start where its key row is older",
    item: null,
    rule: "P11",
    by: { views: 145 },
    edits: [
      {
        file: "server/src/space/views/key-rows.ts",
        find: "entry.version > version ? entry.version : movedAt",
        replace: "movedAt",
      },
    ],
  },
  {
    name: "keys that a release gives otherwise are not rebuilt",
    item: "keys rebuilt silently",
    rule: "V4",
    by: { views: 2 },
    edits: [{ file: "server/src/authority/term/decider.ts", find: "await rebuildViews(parts);", replace: "" }],
  },
  {
    name: "keys are not rebuilt where the term has evicted something",
    item: null,
    rule: "V4",
    by: { views: 14 },
    edits: [
      {
        file: "server/src/authority/opening/begin-writing.ts",
        find: "const moves = movedKeys(space);",
        replace: "const moves = space.lineage.begun ? [] : movedKeys(space);",
      },
    ],
  },
  {
    name: "the digest of a view is that of the space",
    item: "digest of all",
    rule: "P2",
    by: { views: 1 },
    edits: [
      {
        file: VIEWED_SPACE,
        find: "this.space.sumSome(this.space.unsummed);",
        replace: "if (this.id !== null) return this.space.digest();",
      },
    ],
  },
  {
    name: "others' work shows as diffs of nothing",
    item: "empty deltas in rounds",
    rule: "V12",
    by: { views: 2 },
    edits: [
      {
        file: "server/src/followers/fanout.ts",
        find: "advance.isEmpty === true;",
        replace: "advance.isEmpty === undefined;",
      },
    ],
  },
  {
    name: "a large diff of which nothing is left is told all the same",
    item: null,
    rule: "V12",
    by: { views: 1417 },
    edits: [
      {
        file: "server/src/followers/frames/large-deltas.ts",
        find: "if (isNothing(diff)) return void this.#waiting.delete(from);",
        replace: "",
      },
    ],
  },
  {
    name: "a diff of nothing goes before the node can say what is the newest",
    item: null,
    rule: "V12",
    by: { views: 27 },
    edits: [
      {
        file: "server/src/followers/fanout.ts",
        find: "isNothing && !(cursor.owesDigest && this.#knowledge.mayVouch)",
        replace: "isNothing && !cursor.owesDigest",
      },
    ],
  },
  {
    name: "each process makes tickets of its own",
    item: null,
    rule: "P7",
    by: { views: 9 },
    edits: [
      {
        file: "server/src/space/views/store-proofs.ts",
        find: "this.#proofs = new Proofs(secret, ",
        replace: "this.#proofs = new Proofs(runtime.newId(), ",
      },
    ],
  },
  {
    name: "who waits until a node knows is not judged again when rights change",
    item: null,
    rule: "V16",
    by: { views: 9 },
    edits: [
      {
        file: "server/src/followers/sync-hub.ts",
        find: "let revoked = this.#entrants.revoke(judge);",
        replace: "let revoked = 0;",
      },
    ],
  },
  {
    name: "floors are not stored",
    item: null,
    rule: "P11",
    by: { views: 8 },
    edits: [
      {
        file: "server/src/space/space.ts",
        find: "for (const [key, floor] of floors.raisedAfter(this.foldedVersion)) records.push(floorRow(key, floor, this.head));",
        replace: "",
      },
    ],
  },
  {
    name: "a field that came and went within a group is told",
    item: "stamps by change",
    rule: "P12",
    by: { views: 139 },
    edits: [
      {
        file: "server/src/space/space.ts",
        find: "if (this.views !== null && hasStill(entry, draft, draft.fields[i] as string)) continue;",
        replace: "",
      },
    ],
  },
  {
    name: "records that go through another one keep their keys when it moves",
    item: null,
    rule: "P11",
    by: { views: 1 },
    edits: [
      {
        file: "server/src/space/views/key-moves.ts",
        find: "for (const move of movedWith(group, views, draft)) moves.push(move);",
        replace: "",
      },
    ],
  },
];
