export { withDefaults } from "../limits/with-defaults.ts";
export {
  bareMove,
  Catalog,
  type ChainEnd,
  type CommitPlan,
  type Counters,
  type EncodedHistoryRow,
  type EncodedLogRow,
  type EndedSpace,
  type HistoryOf,
  NO_COUNTERS,
  nextSequence,
  type PlanDraft,
  type PlannedEntry,
  type SpaceEntry,
} from "./catalog.ts";
export { chainPage } from "./chain-page.ts";
export { changesOfText, type LoggedChanges } from "./change-text.ts";
export {
  type AnswerQuery,
  type ChainEntry,
  type ChainHead,
  type ChainQuery,
  type ChainSpace,
  type ChangesText,
  type CommitGroup,
  type Confirmation,
  type Fold,
  type GroupEntry,
  type HistoryQuery,
  type HistoryRow,
  type LineageRow,
  type LogQuery,
  type LogRow,
  RowsLost,
  type SpaceCommit,
  type SpaceContents,
  type SpaceMove,
  type Store,
  type StoreContents,
  type StoredAnswer,
  type StoredHistoryRow,
  type StoredRecord,
  type StoredTombstone,
  StoreFailure,
  type StoreMetrics,
  type StoreOutcome,
  type Takeover,
  type TakeoverEntry,
} from "./contract.ts";
export { CopiedSpaces } from "./copy/copied-spaces.ts";
export { emptySource, filledTarget, sizeOfAnswer, sizeOfEntry } from "./copy/copy-rules.ts";
export { copyStore, type TellCopy } from "./copy/copy-store.ts";
export type { CopyCounts } from "./copy/copy-sum.ts";
export {
  type CopiedExpiry,
  type CopiedSpace,
  type Copyable,
  type CopyOut,
  type CopyPage,
  type CopyStart,
  inPages,
  PAGE_CHARS,
  PAGE_ROWS,
  type PutPage,
} from "./copy/copyable.ts";
export { putSpaces } from "./copy/put-spaces.ts";
export { findAnswer } from "./find-answer.ts";
export { type AnswerSize, type AnswersDue, charsOf, KeptAnswers, type OwnerAnswers } from "./kept-answers.ts";
export { type AliveNode, isSharedStore, type NodeRow, type NodeTable, type SharedStore } from "./node-table.ts";
export { MemoryPoints } from "./points/memory-points.ts";
export {
  joinedPoints,
  MOST_POINT_CHARS,
  type PointListQuery,
  type PointQuery,
  type PointRow,
  type PointStore,
  type PointsGone,
  type PointTimesQuery,
} from "./points/point-store.ts";
export { RETENTION, type Retention, retentionFrom } from "./retention.ts";
