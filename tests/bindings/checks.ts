/** Behaviours run in browsers too, where no test runner is. So they check by these. */

/** It compares what JSON says of both. */
export function check(actual: unknown, expected: unknown): void {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (is !== should) throw new Error(`it is ${is}, and should be ${should}`);
}

/** It waits until both are the same. The limit is there to end what hangs. */
export async function eventually(read: () => unknown, expected: unknown): Promise<void> {
  const should = JSON.stringify(expected);
  const end = Date.now() + LIMIT_MS;
  for (;;) {
    const is = JSON.stringify(await read());
    if (is === should) return;
    if (Date.now() > end) throw new Error(`it is still ${is}, and should become ${should}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const LIMIT_MS = 60_000;
