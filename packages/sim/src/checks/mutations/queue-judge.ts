/** The queue judge holds a page to what is kept of its mutations (rules U6, U19 and U20). */

import type { LineRequest } from "@neverstale/protocol";
import type { PageArgs } from "../../plan/pages/mutations.ts";
import type { PageBrowser } from "../../world/pages/page-browser.ts";
import type { Report } from "../history.ts";

type Kept = Pick<PageBrowser, "mutations" | "line">;

export class QueueJudge {
  readonly #report: Report;
  readonly #kept: Kept;
  readonly #bound: number;
  /** Each number of a line has been sent as this. */
  readonly #sentAs = new Map<string, string>();
  /** Each was asked for on behalf of this user. */
  readonly #users = new Map<string, string>();
  /** These were told what became of them. */
  readonly #told = new Set<string>();
  /** The page has said of these that they outlive it. */
  readonly #promised = new Set<string>();
  /** They are not kept any more, and nobody was told why. */
  readonly #untold = new Set<string>();
  /** Their user has dropped them all. */
  readonly #droppedByUser = new Set<string>();

  constructor(report: Report, kept: Kept, bound: number) {
    this.#report = report;
    this.#kept = kept;
    this.#bound = bound;
  }

  asked(intent: string, user: string): void {
    this.#users.set(intent, user);
  }

  /** By rule U6 a number is kept before it is sent, and never stands for anything else. */
  posted(request: LineRequest, user: string): void {
    for (const { n, name, args } of request.mutations) {
      const key = `${request.line}.${n}`;
      const kept = this.#kept.mutations.get(key);
      const intent = name === "dropped" ? "dropped" : (args as PageArgs).intent;
      const before = this.#sentAs.get(key) ?? intent;
      if (before !== intent && intent !== "dropped") this.#report("U6", `${key} is sent as ${intent}, after ${before}`);
      this.#sentAs.set(key, intent);
      if (intent === "dropped") {
        if (kept !== undefined) this.#report("U6", `${key} is sent as dropped, and is kept`);
        continue;
      }
      const askedBy = this.#users.get(intent);
      if (askedBy !== user) this.#report("U20", `${intent} of ${askedBy} is sent for ${user}`);
      if (this.#droppedByUser.has(intent)) this.#report("U20", `${intent} is sent, after its user has dropped it`);
      const sent = this.#kept.line(request.line)?.sent ?? 0;
      if (kept === undefined || intentOf(kept) !== intent || n > sent)
        this.#report("U6", `${intent} is sent as ${key} before that is kept`);
    }
  }

  /** By rule U20 it waits for its user. */
  waitsOn(intent: string): void {
    if (!this.#isKept(intent)) this.#report("U20", `${intent} is told to be kept, and is not`);
  }

  promised(intent: string): void {
    this.#promised.add(intent);
  }

  told(intent: string): void {
    this.#told.add(intent);
    this.#untold.delete(intent);
  }

  #isKept(intent: string): boolean {
    return [...this.#kept.mutations.values()].some((kept) => intentOf(kept) === intent);
  }

  committed(gone: readonly { readonly args: unknown }[], isDropped: boolean): void {
    if (this.#kept.mutations.size > this.#bound)
      this.#report("U19", `${this.#kept.mutations.size} are kept, and at most ${this.#bound} may be`);
    for (const intent of gone.map(intentOf)) {
      if (!isDropped) {
        if (this.#promised.has(intent) && !this.#told.has(intent)) this.#untold.add(intent);
        continue;
      }
      this.#droppedByUser.add(intent);
      this.#untold.delete(intent); // It may have gone on under another number before its user dropped it.
    }
  }

  /** Something of this user is to be sent still. */
  waits(user: string): boolean {
    return [...this.#kept.mutations.values()].some(({ line }) => this.#kept.line(line)?.user === user);
  }

  /** In the end nothing is left of whoever is signed in, and all that is gone was told. */
  end(user: string): void {
    for (const intent of this.#untold)
      if (!this.#isKept(intent)) this.#report("U19", `${intent} was kept, and is lost without being reported`);
    for (const kept of this.#kept.mutations.values())
      if (this.#kept.line(kept.line)?.user === user)
        this.#report("U19", `${intentOf(kept)} still waits, though all is quiet`);
  }
}

function intentOf({ args }: { readonly args: unknown }): string {
  return (args as PageArgs).intent;
}
