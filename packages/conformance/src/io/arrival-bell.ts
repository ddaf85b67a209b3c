/** The bell is rung at everything that arrives, so that whoever waits looks again. */

import type { Patience } from "../tested.ts";

export class ArrivalBell implements Patience {
  readonly #waiting = new Set<() => void>();

  ring(): void {
    for (const look of [...this.#waiting]) look();
  }

  /** It rejects when `holds` throws. */
  until(holds: () => boolean, withinMs: number): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        this.#waiting.delete(look);
      };
      const look = (isLast = false) => {
        try {
          const held = holds();
          if (!held && !isLast) return;
          end();
          resolve(held);
        } catch (error) {
          end();
          reject(error);
        }
      };
      const timer = setTimeout(() => look(true), withinMs);
      this.#waiting.add(look);
      look();
    });
  }

  limit(withinMs: number): () => number {
    const end = performance.now() + withinMs;
    return () => Math.max(0, end - performance.now());
  }
}
