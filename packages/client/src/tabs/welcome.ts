/** A tab that begins to follow gets what it missed of the leader, or the leader's state. */

import { encodeMessage, type Position, type WireState } from "@neverstale/protocol";
import { isInLineage } from "../machine/reached.ts";
import type { AuthorityFacts } from "../machine/state.ts";
import type { DeltaLog } from "./delta-log.ts";

/** The leader is here, and knows this of the authority. */
export interface LeaderState {
  readonly position: Position;
  readonly authority: AuthorityFacts;
  readonly log: DeltaLog;
  readonly readPayload: () => { readonly payload: WireState; readonly digest: string };
  /** The digest of the records, where the leader is level with the authority. Null: it is not. */
  readonly levelDigest: () => string | null;
}

/** It returns the messages of the authority that bring a tab from its position to the leader's. Null: it is further on than the leader. */
export function welcome(resume: Position | null, leader: LeaderState): string[] | null {
  const { position, authority, log } = leader;
  const isHere = resume !== null && resume.space === position.space && resume.proof?.view === position.proof?.view;
  if (isHere && resume.epoch === position.epoch && resume.version > position.version) return null;
  const isHistory = isHere && (resume.epoch === position.epoch || isInLineage(authority.lineage, resume));
  const deltas = isHistory ? log.since(resume.version, position.version) : null;
  const begin = resume === null || deltas === null ? [stateText("init", leader)] : [resumed(resume, leader), ...deltas];
  const digest = leader.levelDigest();
  return digest === null ? begin : [...begin, level(position.version, digest)];
}

export function stateText(type: "init" | "full_state", { position, authority, readPayload }: LeaderState): string {
  const { proof, ...place } = position;
  return encodeMessage({ type, ...place, ...authority, ...proof, ...readPayload() });
}

/** The position stays as it is proved, in the newest epoch. */
function resumed({ version, proof }: Position, { position, authority }: LeaderState): string {
  const { epoch, space, version: head } = position;
  return encodeMessage({ type: "sync", version, head, resumed: { epoch, space, ...authority, ...proof } });
}

/** The leader was told so, and tells when that was. */
function level(version: number, digest: string): string {
  return encodeMessage({ type: "sync", version, head: version, digest });
}
