/** One number of a line is taken at a time: a decided one is answered from its row, the next one is decided (rules U7 to U9). */

import {
  type AnyMutation,
  type AnyState,
  type AskedChange,
  type AskedMutation,
  DROPPED,
  decideMutation,
  type JsonValue,
  type KeptOutcome,
  type LineOutcome,
  type LineRequest,
  type MutationContext,
  type MutationVerdict,
  SyncError,
  type Transaction,
  timeOfLine,
  utf8Bytes,
} from "@neverstale/protocol";
import { MAIN_SPACE } from "../space/space-models.ts";
import { DROPPED_LINES, type DroppedRow, LINES_SPACE, type LineRow, type Lines } from "./lines-space.ts";

/** This is whose line it is, as `authorize` has told. */
export interface MutationCaller {
  readonly user: string;
  /** Decisions are given it as `context.rights`. */
  readonly rights: JsonValue;
}

/** A step is made with these. */
export interface StepParts {
  readonly epoch: string;
  /** The wall clock, in milliseconds since 1970. */
  readonly now: number;
  readonly find: (name: string) => AnyMutation | null;
  /** It makes room for a new line of this user, and returns the lines that go. It throws when there is none. */
  readonly roomFor: (user: string) => readonly string[];
}

/**
 * It returns what became of one mutation, and writes that into the row of its line beside the effect. Where the line can't go on it returns
 * why, as an answer like any other: what it has seen of the line may not be committed yet, and nobody may hear of it before (rule A1).
 * What it throws has had no effect: `forbidden`, `store_unavailable` for a mutation that this release does not know, and whatever
 * the decision throws, as the cause of a `DecisionFailed`.
 */
export function takeStep(
  transaction: Transaction,
  { line, epoch, acked }: Omit<LineRequest, "mutations">,
  asked: AskedMutation,
  caller: MutationCaller,
  parts: StepParts,
  /** It stands in the place of a decision that has failed. */
  failed: Refused | null,
): LineOutcome | LineStop {
  const { lines = NO_LINES, dropped } = (transaction.state(LINES_SPACE) ?? {}) as LinesState;
  const row = lines.get(line) ?? null;
  if (row !== null && row.user !== caller.user) throw new SyncError("forbidden", "the line belongs to another user");
  const { n } = asked;
  const last = row?.last ?? 0;
  const namedUpTo = dropped?.get(DROPPED_LINES)?.namedUpTo ?? -1;
  if (epoch !== parts.epoch) return { type: "other_epoch" };
  if (n <= last) return outcomeOf(row, n);
  // What was named before a line that was dropped may be one that was dropped itself, whose first number was decided then.
  if (row === null && timeOfLine(line) <= namedUpTo)
    return { type: "behind", last: 0, begin: Math.max(Math.trunc(parts.now), namedUpTo + 1) };
  if (n > last + 1) return { type: "behind", last, begin: null };
  const mutation = asked.name === DROPPED ? null : parts.find(asked.name);
  if (asked.name !== DROPPED && (mutation === null || asked.revision > mutation.revision)) throw notKnownYet(asked);
  const kept =
    failed === null && mutation !== null
      ? carryOut(mutation, line, asked, caller, transaction, parts.now)
      : keptOutcome(failed ?? WAS_DROPPED, transaction);
  writeRow(transaction, row, { line, n, acked, kept, namedUpTo }, caller, parts);
  return { n, ...kept };
}

const WAS_DROPPED: Refused = { type: "refused", code: DROPPED, detail: "it was dropped before it was sent" };

/** Nothing is decided of the line, and its page must ask otherwise. */
export type LineStop =
  /** The request was made under an epoch that is not today's (rule U9). */
  | { readonly type: "other_epoch" }
  /**
   * The number does not follow what has been decided of its line, which ends with `last` (rule U9b). Where the line may have been
   * dropped, the next one is to be named at `begin`.
   */
  | { readonly type: "behind"; readonly last: number; readonly begin: number | null };

export type Refused = Extract<MutationVerdict, { readonly type: "refused" }>;

/** The decision threw, or its changes were refused: nothing of it may stay. */
export class DecisionFailed extends Error {
  override readonly name = "DecisionFailed";

  constructor(cause: unknown) {
    super("the decision of a mutation has failed", { cause });
  }
}

const NO_LINES: Lines = new Map();

interface LinesState {
  readonly lines?: Lines;
  readonly dropped?: ReadonlyMap<string, DroppedRow>;
}

function outcomeOf(row: LineRow | null, n: number): LineOutcome {
  const kept = row?.outcomes[n];
  return kept === undefined ? { n, type: "gone" } : { n, ...(JSON.parse(kept) as KeptOutcome) };
}

function carryOut(
  mutation: AnyMutation,
  line: string,
  { n, args, revision }: AskedMutation,
  { user, rights }: MutationCaller,
  transaction: Transaction,
  now: number,
): KeptOutcome {
  const state = transaction.state(MAIN_SPACE) as AnyState;
  const collections = Object.keys(mutation.model.collections);
  let ids = 0;
  const newId = () => {
    const id = `${line}.${n}.${++ids}`;
    if (collections.some((collection) => state[collection]?.has(id))) throw idTaken(id);
    return id;
  };
  const context: MutationContext = { user, rights, now, newId, transaction };
  try {
    const verdict = decideMutation(mutation, { args, revision }, state, context);
    if (verdict.type === "changes") transaction.add(MAIN_SPACE, verdict.changes);
    return keptOutcome(verdict, transaction);
  } catch (error) {
    throw new DecisionFailed(error);
  }
}

/** A line that was dropped may be begun again, and by somebody else, who must not reach the records that it has made (rule U3). */
function idTaken(id: string): SyncError {
  return new SyncError("invalid_change", `a record has the id "${id}" already`, { hint: "Begin another line." });
}

function keptOutcome(verdict: MutationVerdict, transaction: Transaction): KeptOutcome {
  const version = transaction.version(MAIN_SPACE) ?? 0;
  if (verdict.type === "refused") return { type: "refused", version, code: verdict.code, detail: verdict.detail };
  const { answer } = verdict;
  if (answer !== null && utf8Bytes(JSON.stringify(answer)) > MAX_ANSWER_BYTES)
    throw new Error(`the answer of a mutation has more than ${MAX_ANSWER_BYTES} bytes`);
  return { type: "done", version, answer };
}

/** A line holds its answers until its page has heard of them. */
const MAX_ANSWER_BYTES = 16 * 1024;
/** So many outcomes are kept of a page that never says what it has heard of. */
const MAX_OUTCOMES = 256;
/** A line holds so many characters of outcomes at most, so that its record stays small. */
const MAX_OUTCOME_CHARS = 128 * 1024;

function writeRow(
  transaction: Transaction,
  row: LineRow | null,
  { line, n, acked, kept, namedUpTo }: Written,
  { user }: MutationCaller,
  { now, roomFor }: StepParts,
): void {
  if (row === null) {
    const begun = { id: line, user, last: n, usedAt: now, outcomes: { [n]: JSON.stringify(kept) } };
    const gone = droppedAll(roomFor(user), namedUpTo);
    return transaction.add(LINES_SPACE, [...gone, { type: "line_begun", target: line, data: begun }]);
  }
  const dropped: [string, null][] = [];
  const text = JSON.stringify(kept);
  let chars = text.length;
  for (const [number, outcome] of Object.entries(row.outcomes)) {
    if (Number(number) <= acked || Number(number) <= n - MAX_OUTCOMES) dropped.push([number, null]);
    else chars += outcome.length;
  }
  if (chars > MAX_OUTCOME_CHARS) throw lineFull();
  const outcomes = { ...Object.fromEntries(dropped), [n]: text };
  transaction.add(LINES_SPACE, [{ type: "line_moved", target: line, data: { last: n, usedAt: now, outcomes } }]);
}

function droppedAll(lines: readonly string[], namedUpTo: number): AskedChange[] {
  if (lines.length === 0) return [];
  const row: DroppedRow = { id: DROPPED_LINES, namedUpTo: Math.max(namedUpTo, ...lines.map(timeOfLine)) };
  const dropped = lines.map((line) => ({ type: "line_dropped", target: line }));
  return [...dropped, { type: "lines_dropped", target: DROPPED_LINES, data: { ...row } }];
}

interface Written {
  readonly line: string;
  readonly n: number;
  readonly acked: number;
  readonly kept: KeptOutcome;
  readonly namedUpTo: number;
}

/** The next request of its page says that it has heard of them. */
function lineFull(): SyncError {
  return new SyncError("too_many_requests", "the line holds as many outcomes as its page may leave unheard", {
    hint: "Ask again, and say by `acked` what was heard of.",
    retryAfterMs: 1_000,
  });
}

/** A rolling upgrade ends, and then the release that knows it is everywhere (rule U21). */
function notKnownYet({ name, revision }: AskedMutation): SyncError {
  return new SyncError("store_unavailable", `the mutation "${name}" of revision ${revision} is not known here`, {
    hint: "The server may be of an older release than the page: try again.",
    retryAfterMs: 1_000,
  });
}
