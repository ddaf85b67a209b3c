import { createHmac } from "node:crypto";
import { type Browser, cookieSetBy, Browser as SignedInBrowser, send } from "../../fleet/fleet-suite.ts";
import type { RunningFleet } from "../../process/io/start.ts";

/** What tests of second factors share: an authenticator app that is written anew from RFC 6238, and those who use it. */

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const STEP_MS = 30_000;

/** It returns the six digits of that moment. */
export function codeAt(secret: string, ms: number): string {
  const bits = [...secret].map((letter) => BASE32.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(ms / STEP_MS)));
  const mac = createHmac("sha1", key).update(counter).digest();
  const at = (mac.at(-1) ?? 0) & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

export interface Enrolled {
  readonly secret: string;
  readonly recoveryCodes: readonly string[];
}

/** Somebody who is signed in enrols, with the code of that moment, which is used up by it. */
export async function enrolSecondFactor(browser: Browser, ms: number): Promise<Enrolled> {
  const begun = await browser.post("/api/second-factor");
  const secret = String(begun.body.secret);
  const confirmed = await browser.post("/api/second-factor/confirm", { totp: codeAt(secret, ms) });
  if (confirmed.status !== 200) throw new Error(`not enrolled: ${begun.text} ${confirmed.text}`);
  return { secret, recoveryCodes: confirmed.body.recoveryCodes as unknown as string[] };
}

/** `admin` signs in, from an address of this machine. */
export function logIn(fleet: RunningFleet, password: string, totp?: string, headers: Record<string, string> = {}) {
  const body = { username: "admin", password, ...(totp !== undefined && { totp }) };
  return send(fleet.address, "POST", "/api/login", { body, headers: { origin: fleet.address, ...headers } });
}

export function browserOf(fleet: RunningFleet, answer: Awaited<ReturnType<typeof logIn>>): Browser {
  if (answer.status !== 200) throw new Error(`sign-in failed: ${answer.text}`);
  return new SignedInBrowser(fleet, cookieSetBy(answer), String(answer.body.csrfToken));
}
