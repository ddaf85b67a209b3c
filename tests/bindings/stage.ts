/** The stage is the server's side of a behaviour: a real authority, and what it does when it is told to. */

import type { EffectPosition, Environment } from "@neverstale/client";
import type { InitialState } from "@neverstale/protocol";
import type { Card } from "./board.ts";

/** All of it can be called from a page in a browser. */
export interface Stage {
  readonly url: string;
  /** The environment of a replica. Where it is absent, a replica takes the one that it finds. */
  readonly io?: Environment;
  put(card: Card): Promise<EffectPosition>;
  remove(id: string): Promise<EffectPosition>;
  /** It gives all cards this number, in one transaction. */
  moveAll(n: number): Promise<EffectPosition>;
  initial(): Promise<InitialState>;
  /** It counts the connections that are open. */
  connections(): Promise<number>;
  /** Whoever connects from now on is not let in. */
  close(): Promise<void>;
  /** Mutations are decided only after `decide`. */
  hold(): Promise<void>;
  decide(): Promise<void>;
  /** The paragraph of `firstView`, rendered in a process of its own that ends by itself. */
  renderFirst(): Promise<string>;
}
