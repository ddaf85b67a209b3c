/** The enrolment turns a token into a credential, which is kept on disk. */

import { createHash, randomBytes } from "node:crypto";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { readIfThere, writeDurably } from "../../machine/io/durable-files.ts";
import type { MachineFacts } from "../../machine/io/facts.ts";
import { waitAfter } from "../backoff.ts";
import type { ServerApi } from "./server-api.ts";

/** The credential says which host this is, with the secret that proves it. Only the agent's user can read it. */
const Credential = z.object({
  hostId: z.string().min(1),
  credential: z.string().min(1),
  tokenHash: z.string(),
  /** It was the credential before this one. A server that was put back from a backup knows no other. */
  previous: z.string().min(1).optional(),
  /** Another credential was asked for with it. */
  nonce: z.string().min(1).optional(),
});
export type Credential = z.infer<typeof Credential>;

export interface EnrollOptions {
  readonly dataDir: string;
  readonly token: string;
  readonly facts: MachineFacts;
  readonly api: ServerApi;
  readonly log: EnrollLog;
}

interface EnrollLog {
  info(about: { readonly hostId: string }, message: string): void;
  warn(about: { readonly answer: string }, message: string): void;
}

/**
 * Enrols this host, and keeps its credential. The nonce goes to disk first, so that an answer that was lost is given again.
 * Null means that the server doesn't accept the token. This tries until the server answers.
 */
export async function enrollThisHost({ dataDir, token, facts, api, log }: EnrollOptions): Promise<Credential | null> {
  const nonce = nonceFor(dataDir, token);
  for (let attempt = 1; ; attempt += 1) {
    const result = await api.enroll({ token, nonce, ...facts });
    if (result.type === "ok") {
      const { hostId, credential } = result.answer;
      const kept = { hostId, credential, tokenHash: hash(token) };
      keepCredential(dataDir, kept);
      log.info({ hostId }, "enrolled");
      return kept;
    }
    log.warn({ answer: result.message }, "enrolment failed");
    if (result.type !== "unanswered") return null;
    await delay(waitAfter(result, attempt, Math.random()));
  }
}

export function readCredential(dataDir: string): Credential | null {
  const text = readIfThere(credentialFile(dataDir));
  return text === null ? null : Credential.parse(JSON.parse(text));
}

/** It is on disk when this returns. */
export function keepCredential(dataDir: string, credential: Credential): void {
  writeDurably(credentialFile(dataDir), JSON.stringify(credential));
}

/** Returns the token in the file, or null without one. A used token stays where it is: it opens nothing any more. */
export function readToken(path: string | null): string | null {
  const token = path === null ? null : readIfThere(path)?.trim();
  return token === undefined || token === "" ? null : token;
}

/** True when this token made that credential: then it can't make another. */
export function isUsed(token: string, credential: Credential): boolean {
  return hash(token) === credential.tokenHash;
}

const Attempt = z.object({ tokenHash: z.string(), nonce: z.string() });

function nonceFor(dataDir: string, token: string): string {
  const path = join(dataDir, "enrolment.json");
  const text = readIfThere(path);
  const before = text === null ? null : Attempt.parse(JSON.parse(text));
  if (before?.tokenHash === hash(token)) return before.nonce;
  const nonce = randomBytes(32).toString("base64url");
  writeDurably(path, JSON.stringify({ tokenHash: hash(token), nonce }));
  return nonce;
}

function credentialFile(dataDir: string): string {
  return join(dataDir, "credential.json");
}

function hash(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
