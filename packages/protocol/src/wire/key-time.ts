/** An idempotency key carries the time at which it was made (rule D1). */

/** `random` is at least 128 random bits as text, and `at` is in milliseconds since 1970. */
export function keyWithTime(random: string, at: number): string {
  return `t${String(Math.trunc(at)).padStart(13, "0")}.${random}`;
}

/** It returns when a key was made, by its maker's clock, in milliseconds since 1970. Null means that the key doesn't say. */
export function timeOfKey(key: string): number | null {
  const time = /^t(\d{13})\../.exec(key)?.[1];
  return time === undefined ? null : Number(time);
}
