export { withDefaults } from "../limits/with-defaults.ts";
export {
  Catalog,
  type CommitPlan,
  type Counters,
  type EncodedHistoryRow,
  type EncodedLogRow,
  type EndedSpace,
  type HistoryOf,
  NO_COUNTERS,
  type PlanDraft,
  type SpaceEntry,
} from "./catalog.ts";
export {
  type AnswerQuery,
  type ChangesText,
  type CommitGroup,
  type Fold,
  type HistoryQuery,
  type HistoryRow,
  type LineageRow,
  type LogQuery,
  type LogRow,
  type SpaceCommit,
  type SpaceContents,
  type Store,
  type StoreContents,
  type StoredAnswer,
  type StoredHistoryRow,
  type StoredRecord,
  type StoredTombstone,
  StoreFailure,
  type StoreMetrics,
} from "./contract.ts";
export { findAnswer } from "./find-answer.ts";
export { type AnswerSize, type AnswersDue, charsOf, KeptAnswers, type OwnerAnswers } from "./kept-answers.ts";
export { RETENTION, type Retention, retentionFrom } from "./retention.ts";
