/** A code that somebody types is judged here by the user's secret, which is sealed in the store with the server's key. */

import { randomBytes } from "node:crypto";
import type { SecondFactor, SecondFactorSecret } from "@neverstale/fleet-domain";
import { Secret, TOTP } from "otpauth";
import type { Clocks } from "../../fleet/moment.ts";
import { RequestRefusal } from "../../fleet/refusal.ts";
import { accountsIn, type FleetManager } from "../../fleet/state.ts";
import type { Work } from "../../fleet/work.ts";
import type { RefusalLog } from "../../http/refusal-log.ts";
import type { Guesses } from "../guesses.ts";
import {
  type CodeProof,
  codeMissing,
  enrolledFactor,
  type JudgedCode,
  RECOVERY_CODES,
  useCode,
  wrongCode,
} from "../second-factors.ts";
import { UsedSteps } from "../used-steps.ts";
import { derivedId, hashOf, tokenFor } from "./secrets.ts";
import type { ServerKey } from "./server-key.ts";

export class SecondFactors {
  readonly #parts: SecondFactorsParts;
  readonly #usedSteps: UsedSteps;
  #refused = 0;

  constructor(parts: SecondFactorsParts) {
    this.#parts = parts;
    this.#usedSteps = new UsedSteps(stepAt(parts.clocks.now()));
  }

  get metrics(): { readonly secondFactors: number; readonly codesRefused: number } {
    return { secondFactors: accountsIn(this.#parts.manager)?.secondFactors.size ?? 0, codesRefused: this.#refused };
  }

  /** True means that codes of this user are asked for. */
  isEnrolled(user: string): boolean {
    return this.#enrolled(user) !== null;
  }

  /**
   * It judges the code that somebody has sent. Where the user has no second factor, nothing is asked for. It throws `totp_required`
   * without a code, and `too_many_requests`.
   */
  judge(user: string, code: string | undefined): JudgedCode {
    const factor = this.#enrolled(user);
    if (factor === null) return nothingAsked(user);
    if (code === undefined) throw codeMissing();
    const giveBack = this.#parts.guesses.code(user);
    const proof = this.#proofOf(factor, code);
    const refuse = () => {
      this.#refused += 1;
      return wrongCode();
    };
    return {
      use: (work) => {
        if (proof?.kind === "step" && this.#usedSteps.isTaken(user, proof.step)) throw refuse();
        orCount(() => useCode(work, user, proof), refuse);
      },
      useWithoutStore: () => {
        if (proof?.kind !== "step" || !this.#usedSteps.takeWithoutStore(user, proof.step)) throw refuse();
      },
      wasRight: giveBack,
    };
  }

  /** It judges the code that is to confirm an enrolment. */
  judgeFirst(user: string, code: string): { readonly proof: CodeProof | null; readonly wasRight: () => void } {
    const wasRight = this.#parts.guesses.code(user);
    const factor = accountsIn(this.#parts.manager)?.secondFactors.get(user);
    return { proof: factor === undefined ? null : this.#proofOf(factor, code), wasRight };
  }

  /** It draws a secret. What is stored of it is `sealed`. */
  draw(user: string, server: string): SecondFactorSecret & { readonly sealed: string } {
    if (!this.#parts.key.isBesideStore)
      throw new RequestRefusal("forbidden", "the key of these nodes lies in their store, where it protects nothing", {
        hint: "Give all nodes the same --secret-key-file.",
      });
    const secret = new Secret({ size: SECRET_BYTES });
    const totp = new TOTP({ issuer: `Neverstale ${server}`, label: user, secret, ...CODES });
    return { secret: secret.base32, uri: totp.toString(), sealed: this.seal(user, secret.base32) };
  }

  /** `secret` is in Base32. What is sealed for one user is worth nothing as another's. */
  seal(user: string, secret: string): string {
    return this.#parts.key.seal(secret, sealedAs(user));
  }

  #enrolled(user: string): SecondFactor | null {
    const accounts = accountsIn(this.#parts.manager);
    return accounts === null ? null : enrolledFactor(accounts, user);
  }

  /** Null means that it is no code of this user now. */
  #proofOf({ id, sealed }: SecondFactor, text: string): CodeProof | null {
    const code = text.replaceAll(/[\s-]/g, "");
    if (!/^\d{6}$/.test(code)) return { kind: "recovery", hash: recoveryHashOf(id, code) };
    const { key, clocks, refusalLog } = this.#parts;
    const secret = key.unseal(sealed, sealedAs(id));
    if (secret === null) {
      refusalLog.failed(
        "second_factor",
        { user: id },
        "a second factor was sealed with another key, so no code fits it",
      );
      return null;
    }
    const now = clocks.now();
    const delta = codesOf(secret).validate({ token: code, timestamp: now, window: 1 });
    return delta === null ? null : { kind: "step", sealed, step: stepAt(now) + delta };
  }
}

export interface SecondFactorsParts {
  readonly manager: FleetManager;
  readonly guesses: Guesses;
  readonly key: ServerKey;
  readonly clocks: Clocks;
  readonly refusalLog: RefusalLog;
}

/** Somebody may enrol between the look and the transaction. */
function nothingAsked(user: string): JudgedCode {
  const use = (work: Work) => {
    if (enrolledFactor(work.accounts, user) !== null) throw codeMissing();
  };
  return { use, useWithoutStore: () => {}, wasRight: () => {} };
}

/** Every authenticator app knows these (RFC 6238). */
const CODES = { algorithm: "SHA1", digits: 6, period: 30 } as const;
const SECRET_BYTES = 20;

function codesOf(secret: string): TOTP {
  return new TOTP({ secret: Secret.fromBase32(secret), ...CODES });
}

function stepAt(nowMs: number): number {
  return Math.floor(nowMs / (CODES.period * 1000));
}

function sealedAs(user: string): string {
  return `second factor of ${user}`;
}

function orCount(run: () => void, refuse: () => RequestRefusal): void {
  try {
    run();
  } catch (error) {
    throw error instanceof RequestRefusal && error.code === "totp_required" ? refuse() : error;
  }
}

/**
 * They have 80 bits each. With an idempotency key they follow from the session's secret and the key, so that a repeat of a lost answer
 * shows the same ones.
 */
export function newRecoveryCodes(user: string, shownSecret: string, key: string | null): RecoveryCodes {
  const seed = key === null ? randomBytes(32).toString("base64url") : tokenFor(shownSecret, "recovery code", key);
  const codes = Array.from({ length: RECOVERY_CODES }, (_, index) => recoveryCode(derivedId(seed, String(index))));
  return { codes, hashes: codes.map((code) => recoveryHashOf(user, code.replaceAll("-", ""))) };
}

export interface RecoveryCodes {
  readonly codes: readonly string[];
  readonly hashes: readonly string[];
}

/** It has the form `ABCD-EFGH-IJKL-MNOP`. */
function recoveryCode(random: string): string {
  const bytes = Buffer.from(random, "base64url").subarray(0, 10);
  const text = new Secret({ buffer: new Uint8Array(bytes).buffer }).base32;
  return text.match(/.{4}/g)?.join("-") ?? text;
}

function recoveryHashOf(user: string, code: string): string {
  return hashOf(`recovery code of ${user}: ${code.toUpperCase()}`);
}
