import type { Patience } from "../bench.ts";

/** Rung at everything that arrives, so that whoever waits looks again. */
export class Bell implements Patience {
  #waiting = new Set<() => void>();

  ring(): void {
    for (const look of [...this.#waiting]) look();
  }

  until(holds: () => boolean, withinMs: number): Promise<boolean> {
    if (holds()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const end = (held: boolean) => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(held);
      };
      const look = () => {
        if (holds()) end(true);
      };
      const timer = setTimeout(() => end(holds()), withinMs);
      this.#waiting.add(look);
    });
  }
}
