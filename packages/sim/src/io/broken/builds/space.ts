/** These mistakes are about spaces that are made and ended. */

import type { BrokenBuild } from "../broken-build.ts";

export const SPACE_MISTAKES: readonly BrokenBuild[] = [
  {
    name: "a space that is made without a record is not stored",
    item: null,
    rule: "P3",
    by: { seed: 1 },
    edits: [
      {
        file: "server/src/authority/deciding/group-draft.ts",
        find: "drafts.filter((draft) => !(draft.isNew && draft.removed));",
        replace: "drafts.filter((draft) => !draft.isNew || (!draft.removed && draft.changes.length > 0));",
      },
    ],
  },
  {
    name: "a space keeps its creation id when it is ended and made by one transaction",
    item: null,
    rule: "P3",
    by: { seed: 3 },
    edits: [
      {
        file: "server/src/space/spaces.ts",
        find: "return new Space(name, this.#runtime.newId(), model,",
        replace: "return new Space(name, this.get(name)?.creationId ?? this.#runtime.newId(), model,",
      },
    ],
  },
  {
    name: "the records that an archived space still holds are not archived",
    item: null,
    rule: "S9",
    by: { seed: 3 },
    edits: [
      {
        file: "server/src/authority/deciding/transaction-draft.ts",
        find: "if (archive) draft.archive(this.#undo);",
        replace: "draft.archived = archive;",
      },
    ],
  },
  {
    name: "the history of an archived space goes with it",
    item: null,
    rule: "S9",
    by: { seed: 3 },
    edits: [
      {
        file: "server/src/store/catalog.ts",
        find: "const history = archived ? null : { space: name, creationId };",
        replace: "const history = { space: name, creationId };",
      },
    ],
  },
  {
    name: "the history of a space that is not archived stays",
    item: null,
    rule: "S9",
    by: { seed: 40 },
    edits: [
      {
        file: "server/src/store/catalog.ts",
        find: "const history = archived ? null : { space: name, creationId };",
        replace: "const history = null;",
      },
    ],
  },
  {
    name: "the rows of an ended space are forgotten before its history is cleared away",
    item: null,
    rule: "S9",
    by: { seed: 40 },
    edits: [
      {
        file: "store-sqlite/src/sliced/steps/trimmer.ts",
        find: "const evicted = history === null ? 0 : this.#tables.dropHistoryOf(history, trimRows);",
        replace: "const evicted = 0;",
      },
    ],
  },
];
