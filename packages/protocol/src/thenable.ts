/** Whether somebody answers later, where an answer at once was needed. What can't even be looked at promises nothing. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  try {
    return isHolder(value) && typeof (value as { readonly then?: unknown }).then === "function";
  } catch {
    return false;
  }
}

/**
 * What was refused because it comes later may still fail then, at any depth of it. Nobody waits for that, and it must
 * not end the process as an unhandled rejection.
 */
export function ignoreWhatComesLater(refused: unknown): void {
  const seen = new Set<unknown>();
  const waiting: unknown[] = [refused];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (!isHolder(value) || seen.has(value)) continue;
    seen.add(value);
    try {
      if (isThenable(value)) Promise.resolve(value).catch(() => {});
      else for (const member of Object.values(value)) waiting.push(member);
    } catch {
      // Nor does what throws when it is read.
    }
  }
}

function isHolder(value: unknown): value is object {
  return typeof value === "function" || (typeof value === "object" && value !== null);
}
