/** The server's API for agents: each request ends in one of four results, and none of them is thrown. */

import * as http from "node:http";
import * as https from "node:https";
import {
  ClaimAnswer,
  type ClaimRequest,
  CredentialAnswer,
  type CredentialRequest,
  EnrollAnswer,
  type EnrollRequest,
  ReportsAnswer,
  type ReportsRequest,
} from "@neverstale/fleet-domain";
import { z } from "zod";
import type { Unanswered } from "../backoff.ts";
import { type ClockReading, type LocalTime, readServerClock } from "../server-clock.ts";
import { type ServerTrust, tlsOptionsOf } from "./server-trust.ts";

const TIMEOUT_MS = 10_000;
/**
 * A connection that does nothing is kept for longer than it is from one heartbeat to the next, and shorter than what may stand before
 * the server keeps it.
 */
const KEPT_MS = 30_000;
const MAX_ANSWER_BYTES = 1024 ** 2;

export class ServerApi {
  readonly #server: URL;
  readonly #trust: ServerTrust;
  readonly #connections: http.Agent;
  /** This is null before the enrolment. */
  credential: string | null = null;

  constructor(server: URL, trust: ServerTrust) {
    this.#server = server;
    this.#trust = trust;
    const options = { keepAlive: true, maxSockets: 4, timeout: KEPT_MS };
    this.#connections = server.protocol === "https:" ? new https.Agent(options) : new http.Agent(options);
  }

  enroll(request: EnrollRequest): Promise<ApiResult<EnrollAnswer>> {
    return this.#post("agent/enroll", request, EnrollAnswer);
  }

  claim(request: ClaimRequest): Promise<ApiResult<ClaimAnswer>> {
    return this.#post("agent/claims", request, ClaimAnswer);
  }

  renew(request: CredentialRequest): Promise<ApiResult<CredentialAnswer>> {
    return this.#post("agent/credential", request, CredentialAnswer);
  }

  report(request: ReportsRequest): Promise<ApiResult<ReportsAnswer>> {
    return this.#post("agent/reports", { ...request, sentAt: new Date().toISOString() }, ReportsAnswer);
  }

  close(): void {
    this.#connections.destroy();
  }

  async #post<T extends { readonly now: string }>(
    path: string,
    request: unknown,
    schema: z.ZodType<T>,
  ): Promise<ApiResult<T>> {
    const sent = localTime();
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    try {
      const { status, retryAfter, text } = await this.#exchange(path, JSON.stringify(request), signal);
      if (status >= 200 && status < 300) {
        const answer = schema.parse(JSON.parse(text));
        return { type: "ok", answer, clock: readServerClock(answer.now, sent, localTime()) };
      }
      const message = `${status} ${problemIn(text)}`.trim();
      if (status === 401) return { type: "not_accepted", message };
      if (status === 429 || status >= 500)
        return { type: "unanswered", message, isLate: false, retryAfterMs: 1000 * (Number(retryAfter) || 0) };
      return { type: "refused", status, message };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return { type: "unanswered", message, isLate: signal.aborted, retryAfterMs: 0 };
    }
  }

  async #exchange(
    path: string,
    body: string,
    signal: AbortSignal,
  ): Promise<{ status: number; retryAfter: string | undefined; text: string }> {
    const headers = {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
      ...(this.credential !== null && { authorization: `Bearer ${this.credential}` }),
    };
    const isSecure = this.#server.protocol === "https:";
    const { request: send } = isSecure ? https : http;
    const tls = isSecure ? tlsOptionsOf(this.#trust) : {};
    return await new Promise((resolve, reject) => {
      const options = { method: "POST", headers, agent: this.#connections, signal, ...tls };
      const request = send(new URL(path, this.#server), options, (response) => {
        const parts: Buffer[] = [];
        let size = 0;
        response.on("data", (part: Buffer) => {
          parts.push(part);
          size += part.length;
          if (size > MAX_ANSWER_BYTES) response.destroy(new Error(`an answer of more than ${MAX_ANSWER_BYTES} bytes`));
        });
        response.on("error", reject);
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            retryAfter: response.headers["retry-after"],
            text: Buffer.concat(parts).toString(),
          }),
        );
      });
      request.on("error", reject);
      request.end(body);
    });
  }
}

export type ApiResult<T> =
  | { readonly type: "ok"; readonly answer: T; readonly clock: ClockReading | null }
  /** The server doesn't accept the credential (or the token). */
  | { readonly type: "not_accepted"; readonly message: string }
  /** The server has decided. The same request would bring the same answer. */
  | { readonly type: "refused"; readonly status: number; readonly message: string }
  /** Nobody knows whether the request arrived: it is sent again later. */
  | ({ readonly type: "unanswered"; readonly message: string } & Unanswered);

export function localTime(): LocalTime {
  return { monotonicMs: performance.now(), wallMs: Date.now() };
}

const ProblemText = z.object({
  detail: z.string().default(""),
  title: z.string().default(""),
  hint: z.string().default(""),
});

function problemIn(text: string): string {
  try {
    const { detail, title, hint } = ProblemText.parse(JSON.parse(text));
    return [detail || title, hint].filter((part) => part !== "").join(" ");
  } catch {
    return "";
  }
}
