/** Reachability is whether another node can be dialled, and why not. Those who run the nodes are told when it can't for long. */

import type { Millis } from "@neverstale/base";

export interface UnreachableNode {
  /** It is what the node says of itself. */
  readonly address: string;
  readonly why: string;
}

export class Reachability {
  readonly #longMs: Millis;
  #failingSince: Millis | null = null;
  #isTold = false;

  /** A node is listed before it listens, and for a while after it was killed. So only what fails for longer than that is told. */
  constructor(longMs: Millis) {
    this.#longMs = longMs;
  }

  /** It could not be dialled for long. */
  get isLost(): boolean {
    return this.#isTold;
  }

  reached(): void {
    this.#failingSince = null;
    this.#isTold = false;
  }

  /** It returns true when somebody is to be told, which is once until the node is reached again. */
  failed(now: Millis): boolean {
    this.#failingSince ??= now;
    if (this.#isTold || now - this.#failingSince < this.#longMs) return false;
    this.#isTold = true;
    return true;
  }
}

/** `error` is what an attempt to dial ended with. The library has the status of a refusal in its message alone. */
export function whyUnreachable(error: Error | null): string {
  const status = /Unexpected server response: (\d+)/.exec(error?.message ?? "")?.[1];
  if (status === undefined) return error?.message ?? "it is no address of a node";
  if (status === "403") return "another node answers there, and each one needs an address of its own";
  return `what answers there takes no link (HTTP ${status}), so it may be no node of this store`;
}
