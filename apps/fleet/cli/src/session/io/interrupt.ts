/** Ctrl-C and SIGTERM interrupt a command that follows the fleet. */

/**
 * A terminal sends Ctrl-C to all that it runs, and what started this process may pass it on: a second one within this time is the
 * same Ctrl-C.
 */
const SAME_MS = 500;

/** Runs until it is done. `signal` tells when Ctrl-C or SIGTERM came first. Another one ends this process where it stands. */
export async function interruptible<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interrupt = new AbortController();
  let at = Number.NEGATIVE_INFINITY;
  const abort = (signal: "SIGINT" | "SIGTERM") => {
    const now = performance.now();
    if (!interrupt.signal.aborted) at = now;
    else if (now - at > SAME_MS) process.exit(signal === "SIGINT" ? 130 : 143);
    interrupt.abort();
  };
  process.on("SIGINT", abort);
  process.on("SIGTERM", abort);
  try {
    return await run(interrupt.signal);
  } finally {
    if (!interrupt.signal.aborted) {
      process.off("SIGINT", abort);
      process.off("SIGTERM", abort);
    }
  }
}

/** Waits until the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
