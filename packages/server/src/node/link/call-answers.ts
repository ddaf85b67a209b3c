/** Answers to forwarded calls that come in one turn of the event loop are one message. */

import { type JsonValue, type LineAnswer, readLineAnswer } from "@neverstale/protocol";
import type { Applied } from "../../authority/transaction.ts";
import { MAIN_SPACE } from "../../space/space-models.ts";
import { isCount, isRecordOfUnknown } from "./entry-shape.ts";
import { errorIn, type ToldError } from "./told-error.ts";

export type CallAnswer = AppliedRun | AnsweredLine | RefusedCall;

/**
 * So many calls with successive numbers were carried out, and each took one version of the main space more than the one before it.
 * Most calls are a lone change to that space, and those of one message are decided one after the other.
 */
type AppliedRun = [id: number, count: number, first: Applied];

type AnsweredLine = [id: number, answer: LineAnswer];

type RefusedCall = [id: number, error: ToldError];

/** Adds to the answers what became of a call. */
export function addAnswer(answers: CallAnswer[], id: number, applied: Applied | LineAnswer): void {
  const last = answers.at(-1);
  if ("outcomes" in applied) answers.push([id, applied]);
  else if (last !== undefined && isRun(last) && isNext(last, id, applied)) last[1] += 1;
  else answers.push([id, 1, applied]);
}

function isRun(answer: CallAnswer): answer is AppliedRun {
  return answer.length === 3;
}

function isNext([firstId, count, first]: AppliedRun, id: number, applied: Applied): boolean {
  if (id !== firstId + count || count === LONGEST_RUN) return false;
  if (applied.version !== first.version + count || applied.epoch !== first.epoch) return false;
  return isOfOneChange(first) && isOfOneChange(applied);
}

function isOfOneChange({ version, versions, answer, replayed }: Applied): boolean {
  if (answer !== null || replayed || versions[MAIN_SPACE] !== version) return false;
  for (const name in versions) if (name !== MAIN_SPACE) return false;
  return true;
}

/** It returns null for what are no answers. */
export function answersIn(answers: unknown): CallAnswer[] | null {
  if (!Array.isArray(answers)) return null;
  const known = answers.map((answer) => (Array.isArray(answer) ? answerIn(answer) : null));
  return known.every((answer) => answer !== null) ? known : null;
}

function answerIn(answer: readonly unknown[]): CallAnswer | null {
  if (answer.length === 3) return runIn(answer);
  const [id, told] = answer;
  if (!isCount(id)) return null;
  const error = errorIn(told);
  return error === null ? lineAnswerIn(id, told) : [id, error];
}

function lineAnswerIn(id: number, told: unknown): AnsweredLine | null {
  try {
    return [id, readLineAnswer(told)];
  } catch {
    return null;
  }
}

function runIn([id, count, first]: readonly unknown[]): AppliedRun | null {
  const applied = appliedIn(first);
  if (applied === null || !isCount(id) || !isCount(count) || count < 1 || count > LONGEST_RUN) return null;
  return count > 1 && !isOfOneChange(applied) ? null : [id, count, applied];
}

/** It tells for each call of an answer what became of it. */
export function eachAnswered(
  answer: CallAnswer,
  tell: {
    answered(id: number, answer: Applied | LineAnswer): void;
    refused(id: number, error: ToldError): void;
  },
): void {
  if (!isRun(answer)) {
    const [id, told] = answer;
    return "outcomes" in told ? tell.answered(id, told) : tell.refused(id, told);
  }
  const [id, count, first] = answer;
  tell.answered(id, first);
  const { epoch, answer: nothing, replayed } = first;
  for (let at = 1; at < count; at += 1) {
    const version = first.version + at;
    tell.answered(id + at, { epoch, version, versions: { [MAIN_SPACE]: version }, answer: nothing, replayed });
  }
}

function appliedIn(applied: unknown): Applied | null {
  if (!isRecordOfUnknown(applied)) return null;
  const { epoch, version, versions, answer, replayed } = applied;
  if (typeof epoch !== "string" || !isCount(version) || !isRecordOfUnknown(versions) || typeof replayed !== "boolean")
    return null;
  const counts: Record<string, number> = {};
  for (const [name, count] of Object.entries(versions)) {
    if (!isCount(count)) return null;
    counts[name] = count;
  }
  return { epoch, version, versions: counts, answer: (answer ?? null) as JsonValue, replayed };
}

/** A run of more calls is said as several. */
const LONGEST_RUN = 10_000;
