import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import { csrfTokenIn, isCsrfSubprotocol, SUBPROTOCOL } from "@neverstale/protocol";
import { MAIN_SPACE } from "../../../space/space-models.ts";
import { AllowedOrigins, isLoopbackAddress } from "../../allowed-origins.ts";
import { type Refusal, UNJUDGED } from "./refuse-upgrade.ts";
import { protocolsOf } from "./upgrade-request.ts";

export interface UpgradeInfo {
  readonly url: URL;
  /** Whether it speaks the plain profile: it may read, and nothing else. */
  readonly plain: boolean;
  /** The CSRF token a browser gave as second subprotocol. */
  readonly csrf: string | null;
}

export interface Grant {
  readonly space: string;
  /** Given to `revoke` later, to find this connection by. */
  readonly subject: unknown;
}

/** Says why a request may not go on, by where it comes from; null when it may. */
export type OriginJudge = (request: IncomingMessage) => Refusal | null;

export interface JudgeOptions {
  /**
   * Pages of the host that the server is asked for as may open a connection, and nobody may who brings a cookie without an
   * Origin; where this machine alone can reach the server, it must be asked for by a name of loopback. A list lets in
   * pages of these origins besides, and is needed behind a proxy that asks for the server by another name than browsers
   * do. A function takes the place of the whole check.
   */
  readonly allowedOrigins?: readonly string[] | OriginJudge;
  /**
   * The CSRF token of the session that the request belongs to; null when it has none that needs one. The full profile must
   * then show it, and the plain one, which only reads, no other.
   */
  readonly csrf?: (request: IncomingMessage) => string | null | Promise<string | null>;
  /** Who may follow what. Without it everyone may follow the main space. */
  readonly authorize?: (request: IncomingMessage, info: UpgradeInfo) => Grant | Refusal | Promise<Grant | Refusal>;
}

export interface Judged {
  readonly verdict: Grant | Refusal;
  /** It comes from a page that may be here: such a one is told why it may not follow by a close code, or not at all. */
  readonly fromPage: boolean;
}

/** What is decided of an upgrade before anything else is done for it. */
export class UpgradeJudge {
  readonly #options: JudgeOptions;
  readonly #originRefusal: OriginJudge;
  readonly #timeoutMs: number;
  readonly #report: (error: unknown) => void;

  constructor(options: JudgeOptions, timeoutMs: number, report: (error: unknown) => void) {
    const { allowedOrigins = [] } = options;
    this.#options = options;
    this.#originRefusal = typeof allowedOrigins === "function" ? allowedOrigins : originJudge(allowedOrigins);
    this.#timeoutMs = timeoutMs;
    this.#report = report;
  }

  /** Never rejects: what fails, takes too long, or says nothing that it may say, lets nobody in. */
  async judge(request: IncomingMessage, url: URL): Promise<Judged> {
    try {
      const foreign = this.#originRefusal(request);
      if (foreign !== null) return { verdict: sound(foreign), fromPage: false };
      const verdict = sound(await this.#inTime(this.#judge(request, url)));
      return { verdict, fromPage: request.headers.origin !== undefined };
    } catch (error) {
      this.#report(error);
      return { verdict: UNJUDGED, fromPage: false };
    }
  }

  async #judge(request: IncomingMessage, url: URL): Promise<Grant | Refusal> {
    const offered = protocolsOf(request);
    const plain = !offered.includes(SUBPROTOCOL);
    if (plain && !offered.every(isCsrfSubprotocol)) return unknownProtocol();
    const info = { url, plain, csrf: csrfTokenIn(offered) };
    const { csrf, authorize } = this.#options;
    if (csrf !== undefined && !isShown(await csrf(request), info)) return csrfFailed();
    return authorize === undefined ? { space: MAIN_SPACE, subject: null } : authorize(request, info);
  }

  async #inTime<T>(judged: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      const error = new Error(`a connection could not be judged within ${this.#timeoutMs / 1000} s`);
      timer = setTimeout(() => reject(error), this.#timeoutMs);
    });
    try {
      return await Promise.race([judged, timeout]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function originJudge(listed: readonly string[]): OriginJudge {
  const allowed = new AllowedOrigins(listed);
  return ({ headers, socket }) => {
    const refusal = allowed.refusalOf({
      origin: headers.origin,
      host: headers.host,
      hasCookie: headers.cookie !== undefined,
      onLoopback: isLoopbackAddress(socket.localAddress),
      overTls: (socket as TLSSocket).encrypted === true,
    });
    return refusal === null ? null : originRefused(refusal);
  };
}

/** What is no verdict, whatever the types say, is no grant. */
function sound<T extends Grant | Refusal>(verdict: T): T {
  if (isGrant(verdict) || isRefusal(verdict)) return verdict;
  throw new TypeError("what `allowedOrigins` or `authorize` gave is neither a grant nor a refusal");
}

function isGrant(verdict: unknown): boolean {
  if (typeof verdict !== "object" || verdict === null || "refuse" in verdict) return false;
  return "space" in verdict && typeof verdict.space === "string";
}

function isRefusal(verdict: unknown): boolean {
  if (typeof verdict !== "object" || verdict === null) return false;
  const { refuse = 0, code, message, hint = "", retryAfterMs = 0 } = verdict as Partial<Refusal>;
  const isError = Number.isInteger(refuse) && refuse >= 400 && refuse <= 599;
  return isError && [code, message, hint].every((text) => typeof text === "string") && Number.isFinite(retryAfterMs);
}

function isShown(token: string | null, { plain, csrf }: UpgradeInfo): boolean {
  if (token === null) return true;
  if (csrf === null) return plain;
  return token !== "" && sameSecret(csrf, token);
}

/** Takes the same time wherever the two differ. */
function sameSecret(a: string, b: string): boolean {
  return timingSafeEqual(createHash("sha256").update(a).digest(), createHash("sha256").update(b).digest());
}

function unknownProtocol(): Refusal {
  return {
    refuse: 400,
    code: "bad_message",
    message: `the subprotocol is none of this server's: ask for ${SUBPROTOCOL}, or for none`,
  };
}

function originRefused(message: string): Refusal {
  return {
    refuse: 403,
    code: "origin_refused",
    message,
    hint: "Name the page's origin in `allowedOrigins` of `serveSync` if it may follow this server.",
  };
}

function csrfFailed(): Refusal {
  return {
    refuse: 403,
    code: "csrf_failed",
    message: "the CSRF token is missing, or not this session's",
    hint: `Ask for the subprotocols ${SUBPROTOCOL} and csrf.<token>, with the token of the session that the cookie is of.`,
  };
}
