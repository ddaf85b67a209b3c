/** A line is the numbered list of the mutations of one page. It is posted some at a time, and answered with their outcomes (rules U4 to U9). */

import type { JsonValue } from "../json/json.ts";
import { isSafeJson } from "../json/safety.ts";
import { bad, type Loose, listOf, objectOf, readCount, readSafeText, readString, readWhole } from "../wire/members.ts";
import { isMutationName } from "./mutation.ts";

/** A request holds so many mutations at most. */
export const MAX_MUTATIONS = 64;
/** A request has so many bytes at most. */
export const MAX_LINE_REQUEST_BYTES = 256 * 1024;
/** The arguments of one mutation have so many bytes at most as JSON, so that a request has room for them. */
export const MAX_ARGS_BYTES = MAX_LINE_REQUEST_BYTES - 1024;

export interface LineRequest {
  /** It is what `lineNamed` returns: the time of its page, and 128 random bits as text. */
  readonly line: string;
  /** The epoch that the page knows. Under another one nothing is decided (rule U9). */
  readonly epoch: string;
  /** The page knows what became of all numbers up to this one. */
  readonly acked: number;
  /** They follow each other without a hole. */
  readonly mutations: readonly AskedMutation[];
}

export interface AskedMutation {
  readonly n: number;
  readonly name: string;
  readonly revision: number;
  readonly args: JsonValue;
}

export type LineOutcome =
  | (KeptOutcome & { readonly n: number })
  /** It was decided, and nobody knows any more how. */
  | { readonly n: number; readonly type: "gone" };

/** An outcome is kept until its page has heard of it. */
export type KeptOutcome =
  /** Its effect is in the main space from `version` on. */
  | { readonly type: "done"; readonly version: number; readonly answer: JsonValue }
  /** It never takes effect (rule U8). `version` is that of the main space when it was decided. */
  | { readonly type: "refused"; readonly version: number; readonly code: string; readonly detail: string };

/**
 * The outcomes are those of the first of the mutations that were asked for. The others wait: ask again. There are none where the request
 * named another epoch than this one, under which nothing is decided (rule U9), and where the line is behind.
 */
export interface LineAnswer {
  /** This is today's epoch. */
  readonly epoch: string;
  readonly outcomes: readonly LineOutcome[];
  /** The line has been decided up to this number, which is below the one before the first that was asked for. It is 0 where no line is (rule U9b). */
  readonly behind?: number;
  /** Where the line may have been dropped, the next one is to carry this time in its name. */
  readonly begin?: number;
}

/** `random` is at least 128 random bits as text, and `at` is in milliseconds since 1970. */
export function lineNamed(random: string, at: number): string {
  return `t${String(Math.max(0, Math.trunc(at))).padStart(13, "0")}-${random}`;
}

/** It returns the time at which a line was named, in milliseconds since 1970. */
export function timeOfLine(line: string): number {
  return Number(line.slice(1, 14));
}

/** It throws `bad_message`. */
export function readLineRequest(request: unknown): LineRequest {
  const value = objectOf(request, "the request");
  const line = readSafeText(value, "line");
  if (!LINE.test(line)) throw bad("`line` is not t, 13 digits, - and 16 to 48 letters, digits, - and _");
  const { mutations } = value;
  if (!Array.isArray(mutations) || mutations.length === 0 || mutations.length > MAX_MUTATIONS)
    throw bad(`\`mutations\` is not a list of 1 to ${MAX_MUTATIONS}`);
  const asked = mutations.map(readAsked);
  const first = asked[0]?.n ?? 0;
  if (asked.some(({ n }, index) => n !== first + index))
    throw bad("the numbers of the mutations do not follow each other");
  const acked = readCount(value, "acked");
  if (acked >= first) throw bad("`acked` is not below the first number");
  return { line, epoch: readString(value, "epoch"), acked, mutations: asked };
}

/** It returns the lines that an address names. What is no line is passed over, and so is what comes after the first 16. */
export function linesIn(parameter: string): readonly string[] {
  if (parameter === "") return [];
  const named = parameter.split(",", MAX_LINES).filter((line) => LINE.test(line));
  return [...new Set(named)];
}

const MAX_LINES = 16;

/** A line is used as part of ids, so it holds nothing that is special anywhere. */
const LINE = /^t\d{13}-[A-Za-z0-9_-]{16,48}$/;

function readAsked(mutation: unknown): AskedMutation {
  const value = objectOf(mutation, "a mutation");
  const { name, args = null } = value;
  if (!isMutationName(name)) throw bad("`name` is not the name of a mutation");
  if (!isSafeJson(args)) throw bad("`args` holds what no value may hold (rule S4)");
  return { n: readWhole(value, "n", 1), name, revision: readWhole(value, "revision", 1), args: args as JsonValue };
}

/** It throws `bad_message` for what is no answer to a line. */
export function readLineAnswer(answer: unknown): LineAnswer {
  const value = objectOf(answer, "the answer");
  const outcomes = listOf(value.outcomes, "`outcomes`").map(readOutcome);
  const behind = value.behind === undefined ? {} : { behind: readCount(value, "behind") };
  const begin = value.begin === undefined ? {} : { begin: readCount(value, "begin") };
  return { epoch: readSafeText(value, "epoch"), outcomes, ...behind, ...begin };
}

function readOutcome(outcome: unknown): LineOutcome {
  const value = objectOf(outcome, "an outcome");
  const n = readWhole(value, "n", 1);
  switch (value.type) {
    case "done":
      return { n, type: "done", version: readCount(value, "version"), answer: answerIn(value) };
    case "refused": {
      const version = readCount(value, "version");
      return { n, type: "refused", version, code: readString(value, "code"), detail: readString(value, "detail") };
    }
    case "gone":
      return { n, type: "gone" };
    default:
      throw bad("an outcome is none of done, refused and gone");
  }
}

function answerIn({ answer = null }: Loose): JsonValue {
  return answer as JsonValue;
}
