/** A webhook is signed as the Standard Webhooks say, so that its receiver knows who sent it and when. */

import { createHmac } from "node:crypto";

/** Several secrets give several signatures: a receiver that has either of them takes it, so a secret can be exchanged. */
export function signatureOf(secrets: readonly string[], { id, timestamp, body }: SignedWebhook): string {
  if (secrets.length === 0) throw new Error("the secret file is empty");
  return secrets.map((secret) => `v1,${sign(keyOf(secret), `${id}.${timestamp}.${body}`)}`).join(" ");
}

export interface SignedWebhook {
  readonly id: string;
  /** It counts seconds since 1970. */
  readonly timestamp: number;
  readonly body: string;
}

function sign(key: Buffer, text: string): string {
  return createHmac("sha256", key).update(text).digest("base64");
}

const LEAST_BYTES = 24;
const MOST_BYTES = 64;

function keyOf(secret: string): Buffer {
  const coded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1] ?? "";
  const key = Buffer.from(coded, "base64");
  if (key.length >= LEAST_BYTES && key.length <= MOST_BYTES) return key;
  throw new Error(`a secret is whsec_ and then ${LEAST_BYTES} to ${MOST_BYTES} bytes in base64`);
}
