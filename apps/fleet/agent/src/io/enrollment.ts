import { createHash, randomBytes } from "node:crypto";
import * as os from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { z } from "zod";
import { retryDelayMs } from "../connection/backoff.ts";
import { readIfThere, writeDurably } from "../policy/io/files.ts";
import type { ServerApi } from "./server-api.ts";
import { AGENT_VERSION } from "./version.ts";

/** Which host this is, and the secret that proves it. Readable by the agent's user alone. */
const Credential = z.object({ hostId: z.string().min(1), credential: z.string().min(1), tokenHash: z.string() });
export type Credential = z.infer<typeof Credential>;

const Attempt = z.object({ tokenHash: z.string(), nonce: z.string() });

export function readCredential(dataDir: string): Credential | null {
  const text = readIfThere(credentialFile(dataDir));
  return text === null ? null : Credential.parse(JSON.parse(text));
}

/** The token in the file, or null without one. A used token stays where it is: it opens nothing any more. */
export function readToken(path: string | null): string | null {
  const token = path === null ? null : readIfThere(path)?.trim();
  return token === undefined || token === "" ? null : token;
}

/** Whether this token made that credential: if so it can't make another. */
export function isUsed(token: string, credential: Credential): boolean {
  return hash(token) === credential.tokenHash;
}

/**
 * Turns a token into a credential and keeps it. The nonce goes to disk first, so that an answer that was lost is given
 * again. Null: the server doesn't accept the token. Tries until the server answers.
 */
export async function enroll(dataDir: string, token: string, api: ServerApi, log: Logger): Promise<Credential | null> {
  const nonce = nonceFor(dataDir, token);
  const facts = {
    hostname: os.hostname(),
    os: `${os.type()} ${os.release()}`,
    arch: os.arch(),
    agentVersion: AGENT_VERSION,
  };
  for (let attempt = 1; ; attempt += 1) {
    const result = await api.enroll({ token, nonce, ...facts });
    if (result.type === "ok") {
      const { hostId, credential } = result.answer;
      const kept = { hostId, credential, tokenHash: hash(token) };
      writeDurably(credentialFile(dataDir), JSON.stringify(kept));
      log.info({ hostId }, "enrolled");
      return kept;
    }
    log.warn({ answer: result.message }, "enrolment failed");
    if (result.type !== "unanswered") return null;
    await delay(Math.max(result.retryAfterMs, retryDelayMs(attempt, Math.random())));
  }
}

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
