/** Second factors are enrolled, used and taken away by these decisions. What a code is worth was found before; whether it still counts is decided here. */

import type { Accounts, SecondFactor } from "@neverstale/fleet-domain";
import { note } from "../fleet/note.ts";
import { RequestRefusal } from "../fleet/refusal.ts";
import type { Work } from "../fleet/work.ts";

/** A code that was typed proves this, as far as that can be told without the state. */
export type CodeProof =
  /** It is the code of that step, by the secret that was sealed so. */
  | { readonly kind: "step"; readonly sealed: string; readonly step: number }
  /** It may be a recovery code. */
  | { readonly kind: "recovery"; readonly hash: string };

/** It was found out of a code, and the state has its word yet. */
export interface JudgedCode {
  /** It uses the code up in the transaction that it is shown for, and throws `totp_required` where it does not count (any more). */
  readonly use: (work: Work) => void;
  /** It does so while the store takes no changes. A recovery code does not count then. */
  readonly useWithoutStore: () => void;
  /** The attempt was no guess: it was right, or nothing was learnt of it. */
  readonly wasRight: () => void;
}

/** So many recovery codes are made at once (B127). */
export const RECOVERY_CODES = 10;
/** An enrolment is confirmed within this time, or begun again. */
const CONFIRMED_WITHIN_MS = 60 * 60_000;

/** It returns the second factor of a user that is asked for, or null where there is none. */
export function enrolledFactor({ secondFactors }: Pick<Accounts, "secondFactors">, user: string): SecondFactor | null {
  const factor = secondFactors.get(user);
  return factor?.confirmedAt === undefined ? null : factor;
}

/** It replaces an enrolment that was begun and never confirmed. */
export function beginEnrolment(work: Work, user: string, sealed: string): void {
  if (enrolledFactor(work.accounts, user) !== null)
    throw new RequestRefusal("bad_request", "there is a second factor already", { hint: "Switch it off first." });
  work.changeAccounts("second_factor_begun", user, { id: user, sealed, begunAt: work.at.iso, recoveryHashes: [] });
}

/** From now on codes are asked for. The code that confirms it is used up by it. */
export function confirmEnrolment(
  work: Work,
  user: string,
  proof: CodeProof | null,
  recoveryHashes: readonly string[],
): void {
  const factor = work.accounts.secondFactors.get(user);
  const isFresh = factor !== undefined && work.at.ms - Date.parse(factor.begunAt) < CONFIRMED_WITHIN_MS;
  if (factor === undefined || factor.confirmedAt !== undefined || !isFresh)
    throw new RequestRefusal("bad_request", "no enrolment of a second factor waits for a code", {
      hint: "Begin it again.",
    });
  if (proof?.kind !== "step" || proof.sealed !== factor.sealed) throw wrongCode();
  const confirmed = { confirmedAt: work.at.iso, lastStep: proof.step, recoveryHashes: [...recoveryHashes] };
  work.changeAccounts("second_factor_changed", user, confirmed);
  audit(work, user, "second_factor_enrolled", `${user} set up a second factor`);
}

/** A code counts once, and no code of an earlier step counts after it (RFC 6238, 5.2). It throws `totp_required`. */
export function useCode(work: Work, user: string, proof: CodeProof | null): void {
  const factor = enrolledFactor(work.accounts, user);
  if (factor === null || proof === null) throw wrongCode();
  if (proof.kind === "recovery") return useRecoveryCode(work, factor, proof.hash);
  if (!isUnused(factor, proof)) throw wrongCode();
  work.changeAccounts("second_factor_changed", user, { lastStep: proof.step });
}

/** True means that its step comes after the last one that was taken. */
function isUnused({ sealed, lastStep = -1 }: SecondFactor, proof: CodeProof & { readonly kind: "step" }): boolean {
  return proof.sealed === sealed && proof.step > lastStep;
}

function useRecoveryCode(work: Work, { id, recoveryHashes }: SecondFactor, hash: string): void {
  if (!recoveryHashes.includes(hash)) throw wrongCode();
  const left = recoveryHashes.filter((each) => each !== hash);
  work.changeAccounts("second_factor_changed", id, { recoveryHashes: left });
  audit(work, id, "recovery_code_used", `${id} used a recovery code; ${left.length} are left`);
}

/** The ones of before open nothing any more. */
export function replaceRecoveryCodes(work: Work, user: string, hashes: readonly string[]): void {
  work.changeAccounts("second_factor_changed", user, { recoveryHashes: [...hashes] });
  audit(work, user, "recovery_codes_made", `${user} made new recovery codes`);
}

/** Its owner has shown a code, and the password where there is one. */
export function switchOff(work: Work, user: string): void {
  work.changeAccounts("second_factor_removed", user, {});
  audit(work, user, "second_factor_removed", `${user} switched the second factor off`);
}

/** An admin takes it from somebody who has lost it. Nobody takes the own one without a code. */
export function takeFactorFrom(work: Work, by: string, user: string): void {
  if (by === user)
    throw new RequestRefusal("bad_request", "nobody takes the own second factor away", {
      hint: "Switch it off with a code or a recovery code, or ask another admin.",
    });
  if (enrolledFactor(work.accounts, user) === null)
    throw new RequestRefusal("not_found", `${user} has no second factor`);
  work.changeAccounts("second_factor_removed", user, {});
  audit(work, by, "second_factor_taken", `${by} took the second factor of ${user} away`);
}

/** It goes with its user, or with an admin that is reset on the server's own machine. */
export function forgetFactorOf(work: Work, user: string): void {
  if (work.accounts.secondFactors.has(user)) work.changeAccounts("second_factor_removed", user, {});
}

export function codeMissing(): RequestRefusal {
  return new RequestRefusal("totp_required", "a code of the second factor is needed", {
    hint: "Send the six digits of the authenticator app, or a recovery code, as totp.",
  });
}

/** It does not tell a wrong code from one that was used before. */
export function wrongCode(): RequestRefusal {
  return new RequestRefusal("totp_required", "the code is wrong, or was used before", {
    hint: "Wait for the next code of the authenticator app, or use a recovery code that is left.",
  });
}

function audit(work: Work, actor: string, action: string, message: string): void {
  note(work, { category: "audit", level: "warn", actor, action, message });
}
