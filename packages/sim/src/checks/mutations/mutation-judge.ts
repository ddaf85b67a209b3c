/** The mutation judge holds the authority to what it has told pages of their mutations (promise P13). */

import type { MutationOutcome } from "@neverstale/client";
import { type Change, type Position, timeOfLine } from "@neverstale/protocol";
import type { Branch, History, Report } from "../history.ts";
import { KnownEffects } from "./known-effects.ts";

/** Each thing that somebody wanted has a name, its intent, which is not the key under which the engine sends it. */
export class MutationJudge {
  readonly #report: Report;
  readonly #world: JudgedWorld;
  readonly effects = new KnownEffects();
  /** These were told to be done, and are in the branch of today. */
  #done: string[] = [];
  /** These were told never to take effect. */
  readonly #never = new Map<string, string>();
  /** A line that was named by then may have been dropped. */
  #namedUpTo = Number.NEGATIVE_INFINITY;
  /** The main space was made under these ids. */
  readonly #creations = new Set<string>();

  constructor(report: Report, world: JudgedWorld) {
    this.#report = report;
    this.#world = world;
  }

  /** A change that a mutation has asked for is about to be added to a history. */
  committed(intent: string, { data }: Change, history: History): void {
    this.#creations.add(history.creationId);
    const at = `${intent} takes effect at version ${history.moments.length}`;
    if (this.effects.versionOf(history, intent) !== null) this.#report("P13", `${at} a second time`);
    const told = this.#never.get(intent);
    if (told !== undefined) this.#report("P13", `${at}, and its page was told that it is ${told}`);
    const mark = typeof data.mark === "string" ? data.mark : "";
    const [line = "", n = ""] = mark.split(".");
    const last = this.effects.lastOf(history, line);
    const asked = this.effects.asked.get(intent);
    if (asked !== undefined && this.effects.lastInOrder(history, asked) > asked.order)
      this.#report("U19", `${at}, after what was asked for later`);
    if (last !== null && last >= Number(n)) this.#report("P13", `${at} as number ${n} of its line, after ${last}`);
  }

  /** A page was told what became of an intent. */
  told(intent: string, outcome: MutationOutcome, asked: WhenAsked): void {
    if (outcome.type === "done") return this.#toldDone(intent, outcome.position, asked);
    if (outcome.type === "unknown") return this.#toldUnknown(intent, outcome.key, asked);
    this.#never.set(intent, outcome.type);
    const main = this.#world.branch().spaces.get("main");
    const hasEffect = main !== undefined && this.effects.versionOf(main, intent) !== null;
    if (hasEffect && this.#world.restores() === asked.restores)
      this.#report("P13", `${intent} is told to be ${outcome.type}, and has taken effect`);
  }

  #toldDone(intent: string, { epoch, version }: Omit<Position, "space">, { restores }: WhenAsked): void {
    const at = [...this.#creations].map((space) => {
      const history = this.#world.historyOf({ epoch, space });
      return history === null ? null : this.effects.versionOf(history, intent);
    });
    if (!at.some((effect) => effect !== null && effect <= version))
      return this.#report("P13", `${intent} is told to be done at ${epoch} ${version}, and is not`);
    const main = this.#world.branch().spaces.get("main");
    if (main !== undefined && this.effects.versionOf(main, intent) !== null) this.#done.push(intent);
    else if (this.#world.restores() === restores) this.#report("P13", `${intent} was done, and is lost`);
  }

  /** Lines go, of which none was named later than this says. */
  droppedLines({ data }: Change): void {
    this.#namedUpTo = Math.max(this.#namedUpTo, data.namedUpTo as number);
  }

  /** By rules U9b and U15 there must be a reason why nobody knows: the user has gone, or what was known of the line. */
  #toldUnknown(intent: string, key: string, asked: WhenAsked): void {
    if (asked.signedOut || this.#world.restores() > asked.loadedAfter) return;
    if (timeOfLine(key) <= this.#namedUpTo) return;
    this.#report("U15", `${intent} is told to be unknown, without a reason`);
  }

  /** The store has been opened again. */
  recovered(branch: Branch): void {
    const main = branch.spaces.get("main");
    for (const intent of this.#done) {
      if (main !== undefined && this.effects.versionOf(main, intent) !== null) continue;
      this.#report("P13", `${intent} was told to be done, and is lost`);
    }
  }

  /** An older image has taken the place of what was there. What it doesn't hold may be lost. */
  restored(branch: Branch): void {
    const main = branch.spaces.get("main");
    this.#done = this.#done.filter((intent) => main !== undefined && this.effects.versionOf(main, intent) !== null);
  }
}

export interface JudgedWorld {
  branch(): Branch;
  historyOf(of: Omit<Position, "version">): History | null;
  /** The data was restored so often. */
  restores(): number;
}

/** It was so when the page asked. */
export interface WhenAsked {
  readonly restores: number;
  /** The data had been restored so often when the page was loaded. */
  readonly loadedAfter: number;
  /** The page has been signed out since. */
  readonly signedOut: boolean;
}

/** The judge tells intents from other keys by this. */
export const INTENT = "asked-";
