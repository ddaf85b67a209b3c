/** Requests about users and sessions are made by this, which the page hands down. */

import type {
  ApiTokenEntry,
  ApiTokenRequest,
  ConfirmRequest,
  Erasure,
  OneTimeLinkAnswer,
  Role,
  SecondFactorAnswer,
  SecondFactorSecret,
  SessionEntry,
  ShownUser,
  UserChange,
} from "@neverstale/fleet-domain";
import { createContext, useContext } from "react";

/** All reject with an error whose message is a sentence for the visitor. */
export interface People {
  users(): Promise<readonly ShownUser[]>;
  /** It resolves with the one-time link, which is shown here and never again. */
  invite(name: string, role: Role, tags: readonly string[] | null): Promise<MadeLink>;
  change(name: string, change: UserChange): Promise<void>;
  reset(name: string): Promise<MadeLink>;
  remove(name: string): Promise<void>;
  /** It has erased what a removed user has left, besides the audit. */
  eraseUser(name: string): Promise<void>;
  /** It resolves with what is being erased still. */
  erasures(): Promise<readonly Erasure[]>;
  /** These are of another user. */
  sessionsOf(name: string): Promise<readonly SessionEntry[]>;
  apiTokensOf(name: string): Promise<readonly ApiTokenEntry[]>;
  /** It resolves with the visitor's own sessions, the newest first. */
  sessions(): Promise<readonly SessionEntry[]>;
  endSession(id: string): Promise<void>;
  /** It resolves with the visitor's own tokens. */
  apiTokens(): Promise<readonly ApiTokenEntry[]>;
  /** It resolves with the token, which is shown here and never again. */
  makeApiToken(asked: ApiTokenRequest): Promise<string>;
  revoke(id: string): Promise<void>;
  /** It resolves with what there is of the visitor's own second factor. */
  secondFactor(): Promise<SecondFactorAnswer>;
  beginSecondFactor(): Promise<SecondFactorSecret>;
  /** Both resolve with recovery codes, which are shown here and never again. */
  confirmSecondFactor(code: string): Promise<readonly string[]>;
  newRecoveryCodes(code: string): Promise<readonly string[]>;
  /** `password` is null for who has none. */
  removeSecondFactor(code: string, password: string | null): Promise<void>;
  /** It takes away that of another user. */
  takeSecondFactor(name: string): Promise<void>;
  /** The session has shown again whose it is. */
  confirm(shown: ConfirmRequest): Promise<void>;
}

export interface MadeLink {
  readonly user: string;
  readonly link: string;
  readonly expiresAt: OneTimeLinkAnswer["expiresAt"];
}

export const PeopleContext = createContext<People | null>(null);

export function usePeople(): People {
  const people = useContext(PeopleContext);
  if (people === null) throw new Error("no People around this component");
  return people;
}
