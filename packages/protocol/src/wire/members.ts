/** Each reader takes one member of a message, and throws `bad_message` unless the member is what it has to be. */

import { SyncError } from "../errors.ts";
import { isJsonObject } from "../json/json.ts";
import { isSafeId } from "../json/safety.ts";

/** This is an object as `JSON.parse` gives it: nothing is known about its members. */
export type Loose = { readonly [key: string]: unknown };

/** It reads a version, or another number that counts from 0. */
export function readCount(message: Loose, member: string): number {
  return readWhole(message, member, 0);
}

export function readWhole(message: Loose, member: string, least: number): number {
  const value = message[member];
  if (!isWhole(value, least)) throw bad(`\`${member}\` is not a whole number from ${least}`);
  return value as number;
}

export function isWhole(value: unknown, least: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least;
}

/** It reads a string that may be an id (rule S4). */
export function readSafeText(message: Loose, member: string): string {
  const value = message[member];
  if (!isSafeId(value)) throw bad(`\`${member}\` is not a string that is allowed`);
  return value;
}

export function readString(message: Loose, member: string): string {
  const value = message[member];
  if (typeof value !== "string") throw bad(`\`${member}\` is not a string`);
  return value;
}

/** It reads one of the listed words. */
export function readWord<T extends string>(message: Loose, member: string, words: readonly T[]): T {
  const found = words.find((word) => word === message[member]);
  if (found === undefined) throw bad(`\`${member}\` is not one of ${words.join(", ")}`);
  return found;
}

const DIGEST = /^[0-9a-f]{16}$/;

export function readDigest(message: Loose, member: string): string {
  const value = message[member];
  if (typeof value !== "string" || !DIGEST.test(value)) throw bad(`\`${member}\` is not 16 lower-case hex digits`);
  return value;
}

export function objectOf(value: unknown, what: string): Loose {
  if (!isJsonObject(value)) throw bad(`${what} is not an object`);
  return value;
}

export function listOf(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw bad(`${what} is not a list`);
  return value;
}

export function unsafe(name: unknown): SyncError {
  return bad(`${quote(name)} is not allowed (rule S4)`);
}

/** It quotes at most 40 characters of what came: enough to find it, too little to fill a log. */
export function quote(value: unknown): string {
  const text = typeof value === "string" ? value : String(JSON.stringify(value));
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}

export function bad(message: string, cause?: unknown): SyncError {
  const hint = "See SPEC.md of @neverstale/protocol.";
  return new SyncError("bad_message", message, cause === undefined ? { hint } : { hint, cause });
}
