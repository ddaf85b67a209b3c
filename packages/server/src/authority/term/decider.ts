/** A decider takes calls and decides them in one term: it begins behind a takeover, and ends with the term. */

import type { AnyState, SyncError } from "@neverstale/protocol";
import type { AgeClock } from "../../runtime/age-clock.ts";
import type { Runtime } from "../../runtime/runtime.ts";
import { KeepIndexes } from "../../space/keep-index.ts";
import type { Spaces } from "../../space/spaces.ts";
import type { Store } from "../../store/contract.ts";
import { Calls } from "../calls.ts";
import type { Feed } from "../feed.ts";
import { bringAboutKeep, createMain, drawSecret, rebuildViews } from "../opening/begin-writing.ts";
import { findProblems, type Problems } from "../opening/problems.ts";
import type { Decide } from "../transaction.ts";
import { type Doubts, Writer, type WritingTerm } from "../writer.ts";

export class Decider {
  readonly writer: Writer;
  readonly calls: Calls;
  problems: Problems = { count: 0, found: [] };

  constructor(parts: DeciderParts) {
    const { spaces, term, runtime } = parts;
    this.writer = new Writer({ ...parts, limits: spaces.limits });
    this.calls = new Calls(spaces, this.writer, term, runtime);
  }

  /** The takeover is stored, and all up to it is in `spaces`. It rejects when the store fails, and with what `migrate` throws. */
  static async begin(given: Omit<DeciderParts, "keepIndexes">, start: DeciderStart): Promise<Decider> {
    const parts = { ...given, keepIndexes: new KeepIndexes() };
    await createMain(parts);
    await drawSecret(parts);
    await bringAboutKeep(parts);
    await rebuildViews(parts);
    const decider = new Decider(parts);
    if (start.migrate !== null) await decider.calls.migrate(start.migrate);
    if (decider.writer.failure !== null) throw decider.writer.failure;
    decider.problems = findProblems(given.spaces.values(), given.spaces.limits);
    if (decider.problems.count > 0) start.onProblems?.(decider.problems);
    decider.writer.folder.start();
    return decider;
  }
}

export interface DeciderParts {
  readonly store: Pick<Store, "fold">;
  readonly term: WritingTerm & Pick<Store, "findAnswer">;
  readonly spaces: Spaces;
  readonly feed: Feed;
  readonly ages: AgeClock;
  readonly runtime: Runtime;
  readonly keepIndexes: KeepIndexes;
  readonly doubts: Doubts | null;
  /** This is called once, when nothing more can be stored in this term (rules A1 and T2). */
  readonly onFailure: ((error: SyncError) => void) | null;
}

/** This is done at the begin of each term. */
export interface DeciderStart {
  readonly migrate: Decide<AnyState> | null;
  readonly onProblems: ((problems: Problems) => void) | undefined;
}
