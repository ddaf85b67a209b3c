/** `keptQueue` makes what keeps the queue of mutations in the browser. */

import type { AnyMutation } from "@neverstale/protocol";
import type { MutationOutcome } from "../../mutating.ts";
import { KeptQueue, MutationsLeft } from "../kept-queue.ts";
import type { MakeQueue } from "../queue.ts";
import type { QueuePlace } from "../queue-place.ts";
import type { LeftMutation } from "../queue-session.ts";
import type { QueueBounds } from "../queue-steps.ts";
import { browserQueuePlace } from "./browser-queue-place.ts";

export type { MakeQueue, MutationQueue, QueueHost } from "../queue.ts";
export type { FoundLines, KeptLine, KeptMutation, LinesStep, LineWriting, QueuePlace } from "../queue-place.ts";
export type { QueueBounds } from "../queue-steps.ts";
export { type LeftMutation, MutationsLeft };

export interface KeptQueueOptions {
  /** All that the page may ask for. What was left is found in it by its name, so that its effect is shown again. */
  readonly mutations: readonly AnyMutation[];
  /** It is told what became of mutations that were asked for before the page was loaded. It may be told of one more than once. */
  readonly onOutcome?: (outcome: MutationOutcome, left: LeftMutation) => void;
  /** The IndexedDB database that they are kept in: the one that `kept` has. The default is `neverstale`. */
  readonly database?: string;
  /** They are kept here instead, where a program has no browser's database. */
  readonly place?: QueuePlace;
  /** All lines of the database hold so much together. The default is 1,000 mutations with 1 MiB of arguments. */
  readonly bounds?: QueueBounds;
}

/**
 * Give it to `mutations` as its option `queue`. Only who imports it has the code of it. Where a browser has no IndexedDB or no Web Locks, and
 * where the replica has no user, mutations wait in memory.
 */
export function keptQueue({ mutations, onOutcome, database, place, bounds }: KeptQueueOptions): MakeQueue {
  return (host) => {
    const there = place ?? browserQueuePlace(database ?? "neverstale");
    return there && new KeptQueue(host, { place: there, mutations, told: onOutcome, bounds });
  };
}
