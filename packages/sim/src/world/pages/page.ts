/** A page is a tab that mutates: it remembers what it has asked for, and what it must show. */

import type { MutationOutcome, PendingMutation, Replica } from "@neverstale/client";
import type { JsonValue, Position, StateRecord } from "@neverstale/protocol";
import type { OracleState } from "../../checks/history.ts";
import { INTENT, type WhenAsked } from "../../checks/mutations/mutation-judge.ts";
import { shownOver } from "../../checks/mutations/shown-model.ts";
import { difference, isSame } from "../../checks/same-state.ts";
import type { SimConnection } from "../../network/connection.ts";
import type { Network } from "../../network/network.ts";
import type { Deed } from "../../plan/deeds.ts";
import { PAGE_MUTATIONS, type PageArgs } from "../../plan/mutations.ts";
import type { Surroundings } from "../surroundings.ts";

type MutateDeed = Extract<Deed, { do: "mutate" }>;

export class Page {
  readonly #world: Surroundings;
  readonly #name: string;
  readonly #network: Network;
  /** Whoever loaded the page before does not count any more. */
  #loads = 0;
  /** The data had been restored so often when it was loaded. */
  #loadedAfter: number;
  /** The state has moved on this connection last. */
  #broughtBy: SimConnection | null = null;
  #wasSignedOut = false;
  #asked = 0;
  /** These were not told what became of them. */
  #open = new Map<string, Asked>();
  /** The effects of these are not shown before they are in the state. */
  readonly #quiet = new Set<string>();
  /** These were told to have an effect, which the page does not show yet. */
  #awaited = new Set<string>();
  /** The authority has decided these, without an effect. A restored backup may know nothing of that. */
  readonly #decided = new Set<string>();
  #epoch: string | null = null;
  /** These records were shown last. */
  #registers: ReadonlyMap<string, StateRecord> = new Map();
  /** These were told to have none. */
  #refused = new Set<string>();

  constructor(world: Surroundings, name: string, network: Network) {
    this.#world = world;
    this.#name = name;
    this.#network = network;
    this.#loadedAfter = world.restores;
  }

  /** So many wait to be told. */
  get open(): number {
    return this.#open.size;
  }

  mutate(driver: Driver, { what, object, quiet, refused }: MutateDeed): void {
    this.#asked += 1;
    const intent = `${INTENT}${this.#name}-${this.#loads}-${this.#asked}`;
    const mutation = PAGE_MUTATIONS[what];
    const args: PageArgs = { intent, object: objectOf(driver, what, object), refused };
    const { restores } = this.#world;
    const asked = { restores, loadedAfter: this.#loadedAfter, signedOut: this.#wasSignedOut, missingSince: null };
    if (quiet) this.#quiet.add(intent);
    const loads = this.#loads;
    this.#open.set(intent, asked);
    this.#world.counters.add("mutations_asked");
    driver.mutate(mutation, args, { optimistic: !quiet }).then(
      (outcome) => {
        if (loads === this.#loads) this.#told(intent, asked, outcome);
      },
      (error: unknown) => this.#world.fail("U15", `${intent} is rejected: ${String(error)}`),
    );
  }

  #told(intent: string, asked: Asked, outcome: MutationOutcome): void {
    const what = outcome.type === "refused" ? `refused_${outcome.code}` : outcome.type;
    this.#world.counters.add(`mutations_${what}`);
    this.#world.trace.line(this.#world.clock.now, `${intent} is told ${JSON.stringify(outcome)}`);
    if (!this.#open.delete(intent)) this.#world.fail("U15", `${intent} is told a second time`);
    this.#world.mutations.told(intent, outcome, asked);
    if (outcome.type !== "done") this.#refused.add(intent);
    else if (!this.#quiet.has(intent)) this.#awaited.add(intent);
  }

  /** The newest that was not sent is dropped, and never takes effect. */
  drop(driver: Driver): void {
    const newest = driver.pending.findLast(({ wasSent }) => !wasSent);
    if (newest !== undefined && driver.drop(newest.key)) this.#world.counters.add("mutations_taken_back");
  }

  /** It learns of that later, perhaps after somebody has signed in again. */
  signedOut(): void {
    this.#wasSignedOut = true;
    for (const asked of this.#open.values()) asked.signedOut = true;
  }

  /** Mutations that were pending may have taken effect, or may still: nobody is left to be told. */
  reloaded(): void {
    this.#world.counters.add("mutations_orphaned", this.#open.size);
    this.#loads += 1;
    this.#loadedAfter = this.#world.restores;
    this.#wasSignedOut = !this.#world.sessions.isSignedIn(this.#name);
    this.#asked = 0;
    this.#open = new Map();
    this.#registers = new Map();
    this.#awaited = new Set();
    this.#refused = new Set();
  }

  /** By promise P14 all that is not settled is pending, in the order in which it was asked for. */
  checkPending({ pending, position }: Driver): void {
    const intents = pending.map(intentOf);
    const numbers = intents.map((intent) => Number(intent.slice(intent.lastIndexOf("-") + 1)));
    if (numbers.some((number, index) => number <= (numbers[index - 1] ?? 0)))
      this.#world.fail("P14", `${this.#name} has pending out of order: ${intents.join(", ")}`);
    const known = new Set(intents);
    const kept = intents.find((intent) => this.#refused.has(intent));
    if (kept !== undefined) this.#world.fail("U12", `${kept} is pending, and was told to have no effect`);
    this.#checkAwaited(known, position);
    const { now } = this.#world.clock;
    for (const [intent, asked] of this.#open) {
      asked.missingSince = known.has(intent) ? null : (asked.missingSince ?? now);
      // Whoever is told hears of it at the same moment, and after the state has moved.
      if (asked.missingSince !== null && now > asked.missingSince)
        this.#world.fail("P14", `${intent} is not pending, and nobody was told of it`);
    }
  }

  /** By rule U12 an answer alone takes nothing away: its effect is shown until it is in the state. */
  #checkAwaited(pending: ReadonlySet<string>, at: Position | null): void {
    const history = at === null ? null : this.#world.oracle.historyOf(at);
    for (const intent of this.#awaited) {
      const effect = history === null ? null : this.#world.mutations.effects.versionOf(history, intent);
      const isAhead = at !== null && effect !== null && effect > at.version;
      if (isAhead && !pending.has(intent) && !this.#wasSignedOut)
        this.#world.fail("P14", `${intent} is shown no more at ${at.version}, and takes effect at ${effect}`);
      if (!pending.has(intent)) this.#awaited.delete(intent);
    }
  }

  /** By rule U13 a record that is equal to the one that was shown before is the same object, as long as the history goes on. */
  checkIdentity({ state, position }: Driver): void {
    const registers = new Map(state.registers);
    if (position?.epoch !== this.#epoch) this.#registers = new Map();
    this.#epoch = position?.epoch ?? null;
    for (const [id, record] of registers) {
      const before = this.#registers.get(id);
      if (before === undefined || before === record || !isSame(before, record)) continue;
      this.#world.fail("U13", `${this.#name} shows another object for ${id}, with the same value`);
    }
    this.#registers = registers;
  }

  /** It returns the first record in which the page shows something else than it must, or null. */
  difference({ state, pending }: Pick<Driver, "state" | "pending">, truth: OracleState, at: Position | null) {
    const shown: PendingMutation[] = [];
    /** The authority has decided these, and the page may know it or not. They go one after the other. */
    const doubtful: PendingMutation[] = [];
    for (const mutation of pending) {
      const how = this.#mustShow(mutation, at);
      if (how === "hidden") continue;
      shown.push(mutation);
      if (how === "either") doubtful.push(mutation);
    }
    let first: string | null = null;
    for (let gone = 0; gone <= doubtful.length; gone += 1) {
      const without = new Set(doubtful.slice(0, gone));
      const where = difference(
        state,
        shownOver(
          truth,
          shown.filter((mutation) => !without.has(mutation)),
        ),
      );
      if (where === null) return null;
      first ??= where;
    }
    return first;
  }

  /** By rules U10 and U11 it is shown until the state has its effect, and not any more then, where its line is named. */
  #mustShow(mutation: PendingMutation, at: Position | null): "shown" | "hidden" | "either" {
    const intent = intentOf(mutation);
    if (this.#quiet.has(intent)) return "hidden";
    const history = at === null ? null : this.#world.oracle.historyOf(at);
    const effect = history === null ? null : this.#world.mutations.effects.versionOf(history, intent);
    const [line = "", n = ""] = mutation.key.split(".");
    const row = this.#world.disk.branch.spaces.get("~lines")?.head.state.lines?.get(line);
    if (effect !== null) {
      if (effect > (at?.version ?? 0)) return "shown";
      // Of a line that was dropped nobody can tell: the page asks.
      return this.#isTold(line) && row !== undefined ? "hidden" : "either";
    }
    if (Number(row?.last ?? 0) >= Number(n)) this.#decided.add(mutation.key);
    return this.#decided.has(mutation.key) ? "either" : "shown";
  }

  /** The state that is shown has come on a connection that has named the line, and nobody has meddled with it. */
  #isTold(line: string): boolean {
    const broughtBy = this.#broughtBy;
    if (broughtBy === null || broughtBy.meddledWith) return false;
    return (broughtBy.url.searchParams.get("lines") ?? "").split(",").includes(line);
  }

  /** The state has moved. */
  moved(): void {
    this.#broughtBy = this.#network.newest;
  }
}

type Driver = Pick<Replica, "mutate" | "drop" | "pending" | "position" | "state">;

interface Asked extends WhenAsked {
  /** It has not been pending since then. */
  missingSince: number | null;
  signedOut: boolean;
}

/** A note that is counted up is one that the page shows. */
function objectOf(driver: Driver, what: MutateDeed["what"], object: number): string {
  if (what !== "note_up") return `${what === "append" ? "list" : "counter"}-of-pages-${object}`;
  const notes = [...(driver.state.registers?.keys() ?? [])].filter((id) => id.endsWith(".2"));
  return notes.at(-1 - object) ?? "no note";
}

function intentOf({ args }: PendingMutation): string {
  return (args as { readonly intent: string } & JsonValue).intent;
}
