/** An answer that comes later is recognised where an answer was needed at once. */

/** It returns true for a promise, and for whatever else has a `then`. A value that throws when it is looked at is none. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  try {
    return isHolder(value) && typeof (value as { readonly then?: unknown }).then === "function";
  } catch {
    return false;
  }
}

/**
 * A value was refused because it holds promises, at whatever depth. These may still fail later. Nobody waits for them, and
 * such a failure must not end the process as an unhandled rejection.
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
      // A member that throws when it is read does not end the process either.
    }
  }
}

function isHolder(value: unknown): value is object {
  return typeof value === "function" || (typeof value === "object" && value !== null);
}
