/** A key that says when it was made (rule D1): `random` is at least 128 random bits as text, `at` ms since 1970. */
export function keyWithTime(random: string, at: number): string {
  return `t${String(Math.trunc(at)).padStart(13, "0")}.${random}`;
}

/** When an idempotency key was made, by its maker's clock, ms since 1970; null: it doesn't say. */
export function timeOfKey(key: string): number | null {
  const time = /^t(\d{13})\../.exec(key)?.[1];
  return time === undefined ? null : Number(time);
}
