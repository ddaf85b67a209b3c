/** The virtual clock is the time of a simulated world, and everything that is to happen in it. */

import type { Millis, Timer } from "./time.ts";

/** It moves from event to event, and never by itself. */
export class VirtualClock {
  now: Millis = 0;
  /** So many events have happened. */
  events = 0;
  #order = 0;
  readonly #heap: Event[] = [];

  after(delayMs: Millis, run: () => void): Timer {
    this.#order += 1;
    const event: Event = { at: this.now + Math.max(0, delayMs), order: this.#order, run };
    this.#push(event);
    return {
      cancel: () => {
        event.run = null;
      },
    };
  }

  /** It lets everything happen that is due by `until`, as long as `goOn` says so. */
  async runUntil(until: Millis, goOn: () => boolean): Promise<void> {
    await settle();
    while (goOn()) {
      const next = this.#heap[0];
      if (next === undefined || next.at > until) {
        this.now = Math.max(this.now, until);
        return;
      }
      this.#pop();
      if (next.run === null) continue;
      this.now = Math.max(this.now, next.at);
      this.events += 1;
      next.run();
      await settle();
    }
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, heap[parent] as Event)) break;
      heap[at] = heap[parent] as Event;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Event;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Event, heap[child] as Event)) child += 1;
      if (!isBefore(heap[child] as Event, last)) break;
      heap[at] = heap[child] as Event;
      at = child;
    }
    heap[at] = last;
  }
}

interface Event {
  readonly at: Millis;
  /** Events of one moment happen in the order in which they were asked for. */
  readonly order: number;
  /** It is null when the event was cancelled. */
  run: (() => void) | null;
}

/**
 * No chain of promises in the code under test is longer than this. A longer one would still go on in the same way in
 * every run, only a little later.
 */
const SETTLE_TURNS = 48;

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** It lets every promise go on that can. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < SETTLE_TURNS; turn += 1) await null;
}
