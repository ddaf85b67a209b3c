/** The links lead from each node to all others. What is on them comes late, or never. */

import { type AnswerTo, type ForwardedCall, ForwardFailure, type LinkedNode, type NodeLink } from "@neverstale/server";
import type { Random } from "../../plan/random.ts";
import type { Surroundings } from "../../world/surroundings.ts";
import type { NodeMachine } from "./node-machine.ts";

export class Links {
  readonly #world: Surroundings;
  readonly #random: Random;
  readonly #ends = new Set<LinkEnd>();

  constructor(world: Surroundings, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  /** A node that has no link any more, since its process has ended, hears nothing. */
  join(node: LinkedNode, machine: NodeMachine, trouble: LinkTrouble): NodeLink {
    const own: LinkEnd = { node, machine, trouble };
    for (const end of this.#ends) if (!end.machine.isAlive) this.#ends.delete(end);
    this.#ends.add(own);
    const to = (is: (end: LinkEnd) => boolean) => [...this.#ends].find(is);
    return {
      get isUp() {
        return !trouble.isDown;
      },
      push: (entry) => {
        const text = JSON.stringify(entry);
        for (const end of this.#ends) if (end !== own) this.#carry(own, end, () => end.node.receive(JSON.parse(text)));
      },
      forward: (address, call) =>
        this.#forward(
          own,
          to(({ node: { row } }) => row.address === address),
          call,
        ),
      succeed: ({ id }, place) => {
        const end = to(({ node: { row } }) => row.id === id);
        const asked = this.#ask(own, end, () => end?.node.takeOverFrom(place) ?? Promise.resolve(false));
        return asked.catch(() => false);
      },
      tellDigests: (told) => {
        const text = JSON.stringify(told);
        for (const end of this.#ends) if (end !== own) this.#carry(own, end, () => end.node.compare(JSON.parse(text)));
      },
      listed: () => {},
      // Nobody is told of what another has applied, so a revocation is waited for by the time alone.
      applied: () => {},
      whenApplied: (_nodes, _place, ms) => new Promise((resolve) => machine.after(ms, () => resolve(false))),
      metrics: () => ({}),
      close: () => this.#ends.delete(own),
    };
  }

  /** It returns false when nothing is on its way. */
  #carry(from: LinkEnd, to: LinkEnd, run: () => void): boolean {
    if (from.trouble.isDown || to.trouble.isDown || this.#random.chance(from.trouble.loss)) return false;
    const ms = 1 + this.#random.skewed(from.trouble.slowMs);
    this.#world.clock.after(ms, () => to.machine.happen(run));
    return true;
  }

  async #forward<Call extends ForwardedCall>(
    from: LinkEnd,
    to: LinkEnd | undefined,
    call: Call,
  ): Promise<AnswerTo<Call>> {
    if (to === undefined || !to.machine.isAlive) throw new ForwardFailure(false, "nobody is there");
    this.#world.counters.add("engines_forwarded");
    const text = JSON.stringify(call);
    return this.#ask(from, to, () => to.node.carryOut(JSON.parse(text) as Call));
  }

  /** The answer takes the same way back, and nobody learns which of the two was lost. */
  #ask<Result>(from: LinkEnd, to: LinkEnd | undefined, work: () => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (to === undefined) return reject(new ForwardFailure(false, "nobody is there"));
      from.machine.after(ANSWER_MS, () => reject(new ForwardFailure(true, "no answer came in time")));
      const answer = (run: () => void) => this.#carry(to, from, run);
      this.#carry(from, to, () => {
        work().then(
          (result) => answer(() => resolve(result)),
          (error) => answer(() => reject(error)),
        );
      });
    });
  }
}

interface LinkEnd {
  readonly node: LinkedNode;
  readonly machine: NodeMachine;
  readonly trouble: LinkTrouble;
}

/** These things go wrong on the links of one node. */
export interface LinkTrouble {
  isDown: boolean;
  /** A message of it is lost so often. */
  loss: number;
  /** A message of it takes so long at most. */
  slowMs: number;
}

/** An answer over a link is given up after this time. */
const ANSWER_MS = 2_000;
