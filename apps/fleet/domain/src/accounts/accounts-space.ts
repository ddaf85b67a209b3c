/** The space of accounts says who may do what: users, sessions, enrolment tokens and agents' credentials. */

import type { ReadonlyJson } from "@neverstale/protocol";
import { collection, defineModel, patch, put, remove, type StateOf } from "@neverstale/protocol";
import { z } from "zod";
import { EnrollmentToken } from "../agents/enrollment-api.ts";
import { Id, Line, Timestamp } from "../text.ts";
import { ROLES } from "./account-api.ts";
import { ApiTokenEntry } from "./api-token-api.ts";
import { Erasure } from "./erasure-api.ts";
import { GrantedTagList } from "./granted-tags.ts";

/** Nobody follows this space over a socket. Secrets that open something are in it as hashes only. */
export const ACCOUNTS_SPACE = "accounts";

/** A user's `id` is the name. */
export const User = z.object({
  id: Line.min(1),
  role: z.enum(ROLES),
  tags: GrantedTagList.optional(),
  /** It has the form `scrypt$N$r$p$salt$hash`. When it is absent, nobody can sign in with a password. */
  passwordHash: z.string().optional(),
  createdAt: Timestamp,
  /** It is the SHA-256 of the token of the one-time link by which the user sets a password. */
  linkHash: z.string().optional(),
  linkExpiresAt: Timestamp.optional(),
  /** An admin has turned the user away, for as long as this is here. */
  disabled: z.literal(true).optional(),
});
export type User = ReadonlyJson<z.infer<typeof User>>;

/** `id` is the name of the user. */
export const SecondFactor = z.object({
  id: Line.min(1),
  /** The key that codes follow from, sealed with the server's own key. */
  sealed: z.string().max(500),
  begunAt: Timestamp,
  /** Codes are asked for since then. Without it nobody has shown one yet. */
  confirmedAt: Timestamp.optional(),
  /** A code of this step of 30 s was taken last. None of it or an earlier one is taken again. */
  lastStep: z.int().min(0).optional(),
  /** These are the SHA-256 of the recovery codes that were not used yet. */
  recoveryHashes: z.array(z.string().max(100)).max(20),
});
export type SecondFactor = ReadonlyJson<z.infer<typeof SecondFactor>>;

/** `id` is the SHA-256 of the session's secret. */
export const Session = z.object({
  id: Id,
  user: Line,
  createdAt: Timestamp,
  lastSeenAt: Timestamp,
  /** The sign-in came from this address. Releases before noted neither it nor the browser. */
  address: z.string().max(100).optional(),
  /** The browser, or another program, called itself this. */
  browser: Line.optional(),
  /** The user has shown the password or a code again then. Without it the sign-in was the last time. */
  provedAt: Timestamp.optional(),
});
export type Session = ReadonlyJson<z.infer<typeof Session>>;

/** A sign-in, or a confirmation, failed: by a wrong name, password or code. */
export const FailedSignIn = z.object({ id: Id, at: Timestamp, address: z.string().max(100) });
export type FailedSignIn = ReadonlyJson<z.infer<typeof FailedSignIn>>;

/** `id` is the SHA-256 of the token. */
export const StoredApiToken = ApiTokenEntry.extend({ id: Id });
export type StoredApiToken = ReadonlyJson<z.infer<typeof StoredApiToken>>;

/** `id` is public; the token's hash is beside it. */
export const StoredEnrollmentToken = EnrollmentToken.extend({
  tokenHash: z.string(),
  /** Releases that knew no `Enrollment` kept the nonce of the one use here. */
  nonceHash: z.string().optional(),
});
export type StoredEnrollmentToken = ReadonlyJson<z.infer<typeof StoredEnrollmentToken>>;

/** `id` is the SHA-256 of the agent's nonce, by which it is given its answer again. It is kept for as long as its token. */
export const Enrollment = z.object({ id: Id, token: Id, host: Id });
export type Enrollment = ReadonlyJson<z.infer<typeof Enrollment>>;

/** `id` is the SHA-256 of the credential. The host is looked up by it, and never taken from a message. */
export const AgentCredential = z.object({
  id: Id,
  host: Id,
  createdAt: Timestamp,
  /** The host was removed, or uses another one. The credential opens nothing any more, and is told from one that was never known. */
  revoked: z.literal(true).optional(),
  /** An admin has asked since then that the agent take another one. */
  rotationAskedAt: Timestamp.optional(),
  /** It was given out in the place of this one, and has not been used yet. */
  replaces: Id.optional(),
  /** It is good until then, unless it is used before. */
  expiresAt: Timestamp.optional(),
});
export type AgentCredential = ReadonlyJson<z.infer<typeof AgentCredential>>;

/** `id` is that of a host that was removed. It becomes no other host's, because what the host left behind stands under it. */
export const UsedHostId = z.object({ id: Id, removedAt: Timestamp });
export type UsedHostId = ReadonlyJson<z.infer<typeof UsedHostId>>;

/** So many ids of removed hosts are remembered (B157). */
export const USED_HOST_ID_LIMIT = 20_000;

/**
 * Nodes that share a store sign with this key what they know again. It opens nothing: it names cookies, and tells devices that have
 * signed in from others. A server that keeps a store of its own has its key in a file, and nodes may be given one. Of the key that is in
 * use its fingerprint is here, from which nobody can find the key.
 */
export const ServerKeyRecord = z.object({
  id: Id,
  key: z.string().max(100).optional(),
  fingerprint: z.string().max(100).optional(),
  createdAt: Timestamp,
});
export type ServerKeyRecord = ReadonlyJson<z.infer<typeof ServerKeyRecord>>;

/** So many revoked credentials are kept. */
export const REVOKED_CREDENTIAL_LIMIT = 1_000;

export const accountsModel = defineModel({
  model: 1,
  collections: {
    users: collection(User),
    secondFactors: collection(SecondFactor),
    sessions: collection(Session),
    failedSignIns: collection(FailedSignIn),
    apiTokens: collection(StoredApiToken),
    enrollmentTokens: collection(StoredEnrollmentToken),
    enrollments: collection(Enrollment),
    agentCredentials: collection(AgentCredential, {
      keep: { newest: REVOKED_CREDENTIAL_LIMIT, where: { revoked: [true] } },
    }),
    usedHostIds: collection(UsedHostId, { keep: { newest: USED_HOST_ID_LIMIT } }),
    serverKeys: collection(ServerKeyRecord),
    erasures: collection(Erasure),
  },
  changes: {
    user_added: put("users"),
    user_updated: patch("users"),
    user_removed: remove("users"),
    second_factor_begun: put("secondFactors"),
    second_factor_changed: patch("secondFactors"),
    second_factor_removed: remove("secondFactors"),
    session_opened: put("sessions"),
    session_seen: patch("sessions"),
    session_proved: patch("sessions"),
    session_ended: remove("sessions"),
    sign_in_failed: put("failedSignIns"),
    failed_sign_in_forgotten: remove("failedSignIns"),
    api_token_made: put("apiTokens"),
    api_token_used: patch("apiTokens"),
    api_token_revoked: remove("apiTokens"),
    enrollment_token_made: put("enrollmentTokens"),
    enrollment_token_used: patch("enrollmentTokens"),
    enrollment_token_removed: remove("enrollmentTokens"),
    enrollment_made: put("enrollments"),
    enrollment_removed: remove("enrollments"),
    agent_credential_made: put("agentCredentials"),
    agent_credential_changed: patch("agentCredentials"),
    agent_credential_revoked: patch("agentCredentials"),
    agent_credential_removed: remove("agentCredentials"),
    host_id_used: put("usedHostIds"),
    server_key_made: put("serverKeys"),
    erasure_asked: put("erasures"),
    erasure_done: remove("erasures"),
  },
});
export type Accounts = StateOf<typeof accountsModel>;
