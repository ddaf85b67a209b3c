/** Lists that are no part of the fleet's state are asked for, and asked for again once something was done. */

import { useCallback, useEffect, useState } from "react";

/** `load` must stay the same function. `run` does something, and asks again after it. */
export function useAsked<T>(load: () => Promise<T>): AskedList<T> {
  const [answer, setAnswer] = useState<T | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const run = useCallback(
    (act: () => Promise<void>) => {
      setBusy(true);
      setProblem(null);
      act()
        .then(load)
        .then(setAnswer)
        .catch((error: unknown) => setProblem(error instanceof Error ? error.message : String(error)))
        .finally(() => setBusy(false));
    },
    [load],
  );
  const again = useCallback(() => {
    load()
      .then(setAnswer)
      .catch(() => {}); // The next one may succeed, and until then the last answer stands.
  }, [load]);
  useEffect(() => run(async () => {}), [run]);
  return { answer, problem, busy, run, again };
}

export interface AskedList<T> {
  /** Null means that no answer has come yet. */
  readonly answer: T | null;
  /** It says why the last thing failed. */
  readonly problem: string | null;
  readonly busy: boolean;
  readonly run: (act: () => Promise<void>) => void;
  /** It asks once more, and nobody is kept from anything meanwhile. */
  readonly again: () => void;
}
