/** A page is a tab that mutates: it remembers what it has asked for, and what it must show. */

import type { MutationOutcome, PendingMutation, Replica } from "@neverstale/client";
import type { MutationsOptions } from "@neverstale/client/mutations";
import { keptQueue } from "@neverstale/client/queue";
import type { JsonValue, LineRequest, Position, StateRecord } from "@neverstale/protocol";
import type { OracleState } from "../../checks/history.ts";
import { INTENT, type WhenAsked } from "../../checks/mutations/mutation-judge.ts";
import { QueueJudge } from "../../checks/mutations/queue-judge.ts";
import { shownOver } from "../../checks/mutations/shown-model.ts";
import { difference, isSame } from "../../checks/same-state.ts";
import type { SimConnection } from "../../network/connection.ts";
import type { Network } from "../../network/network.ts";
import type { Deed } from "../../plan/deeds.ts";
import { PAGE_MUTATIONS, type PageArgs } from "../../plan/pages/mutations.ts";
import type { SimEnvironment } from "../environment.ts";
import type { Surroundings } from "../surroundings.ts";
import { PageBrowser } from "./page-browser.ts";

type MutateDeed = Extract<Deed, { do: "mutate" }>;

export class Page {
  readonly #world: Surroundings;
  readonly #name: string;
  readonly #network: Network;
  /** Whoever loaded the page before does not count any more. */
  #loads = 0;
  /** So many tabs had it before. */
  #tabs = 0;
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

  /** These were dropped, and are told of that once it holds over a reload. */
  readonly #letGo = new Set<string>();
  /** These were told to be dropped, and never come back. */
  readonly #gone = new Set<string>();
  /** Somebody uses it. */
  user: string;
  readonly #browser: PageBrowser | null;
  readonly #bound: number;
  /** Null: nothing is kept over a reload. */
  readonly queue: QueueJudge | null;
  /** All that was asked for, whenever that was. */
  readonly #all = new Map<string, Asked>();

  constructor(world: Surroundings, tab: PageTab, keeps: { readonly bound: number } | null) {
    const { name, network, environment } = tab;
    this.#world = world;
    this.#name = name;
    this.user = name;
    this.#network = network;
    this.#loadedAfter = world.restores;
    this.#bound = keeps?.bound ?? 0;
    const watch = {
      later: (ms: number, run: () => void) => void world.clock.after(ms, run),
      note: (what: string) => world.trace.line(world.clock.now, `${name} keeps: ${what}`),
      committed: (...of: Parameters<QueueJudge["committed"]>) => this.queue?.committed(...of),
    };
    this.#browser = keeps && new PageBrowser(environment, world.random.fork(`browser ${name}`), watch);
    this.queue = this.#browser && new QueueJudge(world.fail, this.#browser, this.#bound);
  }

  /** Whoever was there before is told what waits for him, and what is given up. */
  comes(user: string): void {
    if (user === this.user) return;
    this.user = user;
    for (const intent of this.#open.keys()) this.#letGo.add(intent);
  }

  /** A replica is given this with its mutations. */
  keeping(): Pick<MutationsOptions, "queue"> {
    if (this.#browser === null) return {};
    const load = this.#loads;
    const queue = keptQueue({
      mutations: Object.values(PAGE_MUTATIONS),
      place: this.#browser.place(),
      bounds: { mutations: this.#bound, bytes: 1024 * 1024 },
      onOutcome: (outcome, { args }) => {
        if (load === this.#loads) this.#toldLater((args as PageArgs).intent, outcome);
      },
    });
    return { queue };
  }

  posted(body: string): void {
    this.queue?.posted(JSON.parse(body) as LineRequest, this.user);
  }

  /** It was asked for before the page was loaded, or before its user came back. */
  #toldLater(intent: string, outcome: MutationOutcome): void {
    const asked = this.#all.get(intent);
    if (asked === undefined) return this.#world.fail("U19", `${intent} is told, and nobody has asked for it`);
    this.#world.counters.add(`queues_told_${outcome.type}`);
    this.#world.trace.line(this.#world.clock.now, `${intent} is told later ${JSON.stringify(outcome)}`);
    this.#judge(intent, outcome, asked);
  }

  #judge(intent: string, outcome: MutationOutcome, asked: Asked): void {
    if (outcome.type === "unknown" && outcome.detail.includes("it is kept")) return this.queue?.waitsOn(intent);
    this.#world.mutations.told(intent, outcome, asked);
    this.queue?.told(intent);
    if (outcome.type !== "done") this.#refused.add(intent);
    const isFull = outcome.type === "refused" && outcome.code === "queue_full";
    if (outcome.type === "dropped" || isFull) this.#gone.add(intent);
  }

  /** By rule U20 nobody signs out without saying what becomes of what waits. */
  async leave(driver: Pick<Replica, "pending" | "signOut">, how: "ask" | "drop" | "keep"): Promise<void> {
    const { user } = this;
    const loads = this.#loads;
    if (how !== "ask") this.signedOut();
    const waiting = driver.pending.length > 0 && this.#open.size > 0;
    const isOut = await driver.signOut(how === "ask" ? {} : { mutations: how }).then(
      () => true,
      () => false,
    );
    if (loads !== this.#loads) return;
    this.#world.counters.add(`queues_left_${how}_${isOut ? "out" : "refused"}`);
    if (!isOut && how !== "ask")
      this.#world.fail("U20", `${this.#name} can't sign out, though it says what becomes of all`);
    if (isOut && how === "drop" && this.#browser?.keepsOf(user) === true)
      this.#world.fail("U20", `${this.#name} has dropped all of ${user}, and something is kept`);
    if (isOut && how === "ask" && waiting && this.#open.size > 0)
      this.#world.fail("U20", `${this.#name} signs out, though ${this.#open.size} wait`);
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
    this.#all.set(intent, asked);
    this.queue?.asked(intent, this.user);
    if (this.queue !== null) {
      const owner = `${this.#name} ${this.#tabs} ${this.user}`;
      this.#world.mutations.effects.asked.set(intent, { owner, order: this.#asked });
    }
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
    this.#judge(intent, outcome, asked);
    if (outcome.type === "done" && !this.#quiet.has(intent)) this.#awaited.add(intent);
  }

  /** The newest that was not sent is dropped, and never takes effect. */
  drop(driver: Driver): void {
    const newest = driver.pending.findLast(({ wasSent }) => !wasSent);
    if (newest === undefined || !driver.drop(newest.key)) return;
    this.#world.counters.add("mutations_taken_back");
    this.#letGo.add(intentOf(newest));
    this.queue?.told(intentOf(newest));
  }

  /** It learns of that later, perhaps after somebody has signed in again. */
  signedOut(): void {
    this.#wasSignedOut = true;
    for (const asked of this.#all.values()) asked.signedOut = true;
  }

  /** Mutations that were pending may have taken effect, or may still: nobody is left to be told. */
  reloaded(isClosed: boolean): void {
    this.#world.counters.add("mutations_orphaned", this.#open.size);
    this.#world.counters.add("queues_left", this.#browser?.mutations.size ?? 0);
    this.#browser?.reload(isClosed);
    if (isClosed) this.#closed();
    this.#loads += 1;
    this.#loadedAfter = this.#world.restores;
    this.#wasSignedOut = !this.#world.sessions.isSignedIn(this.#name);
    if (this.queue === null) this.#asked = 0;
    this.#open = new Map();
    this.#registers = new Map();
    this.#awaited = new Set();
    // An outcome that was told may not be noted yet. Then it is told again.
    this.#refused = new Set(this.queue === null ? [] : this.#gone);
  }

  /** Between the lines that a tab has left there is no order (rule U19). */
  #closed(): void {
    this.#tabs += 1;
    for (const intent of this.#all.keys()) this.#world.mutations.effects.asked.delete(intent);
  }

  /** By promise P14 all that is not settled is pending, in the order in which it was asked for. */
  checkPending({ pending, position }: Driver): void {
    const intents = pending.map(intentOf);
    const numbers = intents.map((intent) => Number(intent.slice(intent.lastIndexOf("-") + 1)));
    // Between lines that were left there is no order (rule U19).
    const isNext = (at: number) => this.queue === null || lineOf(pending[at]) === lineOf(pending[at - 1]);
    if (numbers.some((number, index) => number <= (numbers[index - 1] ?? 0) && isNext(index)))
      this.#world.fail("P14", `${this.#name} has pending out of order: ${intents.join(", ")}`);
    for (const mutation of pending) if (mutation.isKept) this.queue?.promised(intentOf(mutation));
    const known = new Set(intents);
    const kept = intents.find((intent) => this.#refused.has(intent));
    if (kept !== undefined) this.#world.fail("U12", `${kept} is pending, and was told to have no effect`);
    this.#checkAwaited(known, position);
    const { now } = this.#world.clock;
    for (const [intent, asked] of this.#open) {
      const isLeft = this.queue !== null && (asked.signedOut || this.#letGo.has(intent));
      asked.missingSince = known.has(intent) || isLeft ? null : (asked.missingSince ?? now);
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
    /** The authority has decided these, and the page may know it or not. Those of a line go one after the other. */
    const doubtful: PendingMutation[] = [];
    for (const mutation of pending) {
      const how = this.#mustShow(mutation, at);
      if (how === "hidden") continue;
      shown.push(mutation);
      if (how === "either") doubtful.push(mutation);
    }
    let first: string | null = null;
    for (const without of goneOf(doubtful)) {
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

type PageTab = { readonly name: string; readonly network: Network; readonly environment: SimEnvironment };

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

/** Where more is possible than this, the first lines are looked at alone, and the page may be judged too hard. */
const MOST_WAYS = 1_000;

/** It returns all that may have gone of these: the first ones of each line. */
function goneOf(doubtful: readonly PendingMutation[]): readonly ReadonlySet<PendingMutation>[] {
  const lines = new Map<string, PendingMutation[]>();
  for (const one of doubtful) lines.set(lineOf(one), [...(lines.get(lineOf(one)) ?? []), one]);
  let ways: readonly (readonly PendingMutation[])[] = [[]];
  for (const all of lines.values()) {
    const firsts = Array.from({ length: all.length + 1 }, (_, gone) => all.slice(0, gone));
    if (ways.length * firsts.length > MOST_WAYS) break;
    ways = ways.flatMap((before) => firsts.map((first) => [...before, ...first]));
  }
  return ways.map((way) => new Set(way));
}

function lineOf(mutation: PendingMutation | undefined): string {
  return mutation?.key.split(".")[0] ?? "";
}

function intentOf({ args }: PendingMutation): string {
  return (args as { readonly intent: string } & JsonValue).intent;
}
