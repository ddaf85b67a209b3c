import { createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** Sessions outlive the process, since the cookie is signed with a secret that it is started with. */
const secret = process.env.SECRET ?? "only for this machine";

const sign = (user: string) => createHmac("sha256", secret).update(user).digest("base64url");

export const cookieFor = (user: string) => `session=${user}.${sign(user)}; Path=/; HttpOnly; SameSite=Lax`;

export function userOf({ headers }: IncomingMessage): string | null {
  const [, user = "", shown = ""] = /(?:^|; )session=(\w+)\.([\w-]{43})(?:;|$)/.exec(headers.cookie ?? "") ?? [];
  return shown !== "" && timingSafeEqual(Buffer.from(shown), Buffer.from(sign(user))) ? user : null;
}
