/** The evidence of an audit event says where a request came from, to whom it was done, and with which arguments. */

import type { Args, Evidence } from "@neverstale/fleet-domain";
import { canonicalJson, utf8Bytes } from "@neverstale/protocol";
import type { Work } from "../fleet/work.ts";

/** It was done to these, with these arguments, and this came of it. */
export interface AuditedDeed {
  readonly targets?: readonly string[];
  readonly args?: Args;
  readonly result?: string;
}

/** It returns null where nothing is known. However much was asked for, it is bounded (B141): a hash stands for what is too long. */
export function evidenceOf(work: Work, { targets, args, result }: AuditedDeed): Evidence | null {
  const { hashOf } = work.at;
  const evidence = {
    ...work.askedFrom,
    ...(targets === undefined ? {} : namedTargets(targets, hashOf)),
    ...(args === undefined || Object.keys(args).length === 0 ? {} : namedArgs(args, hashOf)),
    ...(result === undefined ? {} : { result: result.slice(0, 500).toWellFormed() }),
  };
  return Object.keys(evidence).length === 0 ? null : evidence;
}

const TARGETS_NAMED = 50;
const TARGET_BYTES = 2_048;
const ARGS_BYTES = 2_048;

type HashOf = (text: string) => string;

function namedTargets(targets: readonly string[], hashOf: HashOf): Partial<Evidence> {
  const first = targets.slice(0, TARGETS_NAMED);
  const fits = utf8Bytes(canonicalJson(first)) <= TARGET_BYTES;
  if (fits && first.length === targets.length) return { targets: first };
  const named = { targetCount: targets.length, targetsHash: hashOf(canonicalJson(targets)) };
  return fits ? { targets: first, ...named } : named;
}

function namedArgs(args: Args, hashOf: HashOf): Partial<Evidence> {
  const text = canonicalJson(args);
  return utf8Bytes(text) <= ARGS_BYTES ? { args } : { argsHash: hashOf(text) };
}
