/** The problem document of a refusal has the phrase of its status from Node's list. */

import { STATUS_CODES } from "node:http";
import { problemDocument } from "../problem.ts";
import type { Refusal } from "../refusal.ts";

export function titledProblem(refusal: Refusal): object {
  return problemDocument(refusal, STATUS_CODES[refusal.refuse]);
}
