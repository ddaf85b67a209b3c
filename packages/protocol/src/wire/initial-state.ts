/** A page may come with a state, which is shown before the first message of the authority has come. */

import type { WireState } from "../json/json.ts";
import { objectOf, readCount, readSafeText } from "./members.ts";
import { type Position, readProof } from "./messages.ts";
import { readState } from "./payloads.ts";

/** `StateManager.initialState` makes one, and a replica takes it as its option `initial`. It is plain JSON. */
export interface InitialState extends Position {
  readonly payload: WireState;
}

/** It throws `bad_message` for what is none. */
export function readInitialState(initial: unknown): InitialState {
  const value = objectOf(initial, "the initial state");
  const position = { epoch: readSafeText(value, "epoch"), space: readSafeText(value, "space") };
  const proof = value.proof === undefined ? {} : { proof: readProof(value.proof) };
  return { ...position, version: readCount(value, "version"), ...proof, payload: readState(value.payload) };
}
