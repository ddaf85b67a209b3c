/** The judge says who may connect, by where they come from, what they show and what the owner decides; it knows no socket. */

import { everything } from "@neverstale/protocol";
import type { CommittedGroups } from "../followers/committed-groups.ts";
import type { Attachment } from "../followers/sync-hub.ts";
import { MAIN_SPACE } from "../space/space-models.ts";
import { AllowedOrigins } from "./allowed-origins.ts";
import { type Attempt, attachmentOf, type Grant, type Spoken } from "./attempt.ts";
import { isRefusal, NOT_FOR_VIEWS, type Refusal, UNJUDGED } from "./refusal.ts";

export class Judge<Request> {
  readonly #options: JudgeOptions<Request>;
  readonly #tools: JudgeTools;
  readonly #origins: OriginJudge<Request> | AllowedOrigins;
  readonly #groups: JudgedGroups;
  readonly #report: (error: unknown) => void;

  /** `report` is told what one of the owner's functions threw, and when one took longer than `authorizeMs` of the limits. */
  constructor(
    options: JudgeOptions<Request>,
    tools: JudgeTools,
    groups: JudgedGroups,
    report: (error: unknown) => void,
  ) {
    const { allowedOrigins = [] } = options;
    this.#options = options;
    this.#tools = tools;
    this.#origins = typeof allowedOrigins === "function" ? allowedOrigins : new AllowedOrigins(allowedOrigins);
    this.#groups = groups;
    this.#report = report;
  }

  /** It never rejects: a judgement that fails, takes too long, or is none, lets nobody in. */
  async judge(request: Request, attempt: Attempt): Promise<Judged> {
    try {
      const foreign = this.#originRefusal(request, attempt);
      if (foreign !== null) return { verdict: soundRefusal(foreign), fromPage: false };
      const verdict = await this.#inTime(this.#judge(request, attempt));
      return { verdict, fromPage: attempt.whence.origin !== undefined };
    } catch (error) {
      this.#report(error);
      return { verdict: UNJUDGED, fromPage: false };
    }
  }

  #originRefusal(request: Request, { whence }: Attempt): Refusal | null {
    if (typeof this.#origins === "function") return this.#origins(request);
    const refusal = this.#origins.refusalOf(whence);
    return refusal === null ? null : originRefused(refusal);
  }

  async #judge(request: Request, { url, spoken }: Attempt): Promise<Attachment | Refusal> {
    if ("refuse" in spoken) return spoken;
    const { csrf, authorize } = this.#options;
    if (csrf !== undefined && !this.#isShown(await csrf(request), spoken)) return this.#csrfFailed();
    const info = { url, plain: spoken.profile === "plain", csrf: spoken.csrf };
    const verdict = authorize === undefined ? EVERYBODY : await authorize(request, info);
    if (!isGrant(verdict)) return soundRefusal(verdict);
    const refusal = this.#viewRefusal(verdict, spoken);
    return refusal ?? attachmentOf(url, spoken.profile, verdict);
  }

  /** It throws where nobody has said what may be seen of a space that has views (rule V2). */
  #viewRefusal({ space, view }: Grant, { profile }: Spoken): Refusal | null {
    const declared = this.#groups.viewsOf(space)?.model ?? null;
    if (view === everything || (view === undefined && declared === null)) return null;
    if (view === undefined)
      throw new TypeError(`\`authorize\` said nothing of the view of "${space}", whose model has views`);
    if (view.model !== declared) throw new TypeError(`the view that \`authorize\` gave is none of "${space}"`);
    return profile === "plain" ? NOT_FOR_VIEWS : null;
  }

  #isShown(token: string | null, { profile, csrf }: Spoken): boolean {
    if (token === null) return true;
    if (csrf === null) return profile === "plain";
    return token !== "" && this.#tools.isSameSecret(csrf, token);
  }

  #csrfFailed(): Refusal {
    const message = "the CSRF token is missing, or not this session's";
    return { refuse: 403, code: "csrf_failed", message, hint: this.#tools.csrfHint };
  }

  async #inTime<Result>(judged: Promise<Result>): Promise<Result> {
    const { promise: timeout, reject } = Promise.withResolvers<never>();
    const { runtime, limits } = this.#groups;
    const timer = runtime.after(limits.authorizeMs, () => {
      reject(new Error(`a connection could not be judged within ${limits.authorizeMs / 1000} s`));
    });
    try {
      return await Promise.race([judged, timeout]);
    } finally {
      timer.cancel();
    }
  }
}

/** The judge needs this of the groups that are followed. */
type JudgedGroups = Pick<CommittedGroups, "limits" | "viewsOf"> & {
  readonly runtime: Pick<CommittedGroups["runtime"], "after">;
};

export interface UpgradeInfo {
  readonly url: URL;
  /** With true it speaks the plain profile: it may read, and nothing else. */
  readonly plain: boolean;
  /** The CSRF token that a browser gave with the handshake. */
  readonly csrf: string | null;
}

/** It says why a request may not go on, by where it comes from, or returns null when it may. */
export type OriginJudge<Request> = (request: Request) => Refusal | null;

/** `Request` is what the transport hands over; the judge gives it to the functions here, and does not look into it. */
export interface JudgeOptions<Request> {
  /**
   * A page may open a connection when it is of the host that it asks for. Nobody may who brings a cookie without an Origin.
   * Where this machine alone can reach the server, it must be asked for by a name of loopback. A list lets in pages of these
   * origins besides, and is needed behind a proxy that asks for the server by another name than browsers do. A function takes
   * the place of the whole check.
   */
  readonly allowedOrigins?: readonly string[] | OriginJudge<Request>;
  /**
   * It returns the CSRF token of the session that the request belongs to, or null when it has none that needs one. The full
   * profile must then show the token. The plain one, which only reads, need not, but may show no other.
   */
  readonly csrf?: (request: Request) => string | null | Promise<string | null>;
  /** It says who may follow what. Without it everyone may follow the main space. */
  readonly authorize?: (request: Request, info: UpgradeInfo) => Grant | Refusal | Promise<Grant | Refusal>;
}

/** The transport's share in the judgement. */
export interface JudgeTools {
  /** It compares in the same time wherever the two differ. */
  isSameSecret(a: string, b: string): boolean;
  /** The hint says how a token is shown over this transport. */
  readonly csrfHint: string;
}

export interface Judged {
  /** It says what the connection is to follow, or why there is none. */
  readonly verdict: Attachment | Refusal;
  /**
   * The attempt comes from a page that may be here. Such a page is told by a close code why it may not follow, or not at all.
   */
  readonly fromPage: boolean;
}

const EVERYBODY: Grant = { space: MAIN_SPACE, subject: null };

/** A value that is no verdict, whatever the types say, lets nobody in. */
function soundRefusal(verdict: Refusal): Refusal {
  if (isRefusal(verdict)) return verdict;
  throw new TypeError("what `allowedOrigins` or `authorize` gave is neither a grant nor a refusal");
}

function isGrant(verdict: Grant | Refusal): verdict is Grant {
  if (typeof verdict !== "object" || verdict === null || "refuse" in verdict) return false;
  return "space" in verdict && typeof verdict.space === "string";
}

function originRefused(message: string): Refusal {
  return {
    refuse: 403,
    code: "origin_refused",
    message,
    hint: "Name the page's origin in `allowedOrigins` of `serveSync` if it may follow this server.",
  };
}
