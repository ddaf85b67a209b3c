/** A tab is a real replica with its own machine and network, watched after everything that happens to it. */

import type { Timer } from "@neverstale/base";
import { type Divergence, Replica, type ReplicaCounters, type SyncView } from "@neverstale/client";
import { mutations } from "@neverstale/client/mutations";
import type { Position, StateRecord } from "@neverstale/protocol";
import type { HistoryMoment, OracleState } from "../checks/history.ts";
import { difference } from "../checks/same-state.ts";
import { shownAt } from "../checks/views/shown-moments.ts";
import type { Piece } from "../http/http-end.ts";
import type { SimConnection } from "../network/connection.ts";
import type { WireMessage } from "../network/frames.ts";
import { type AuthorityEnd, Network, type NetworkConfig } from "../network/network.ts";
import { altered } from "../network/tamper.ts";
import type { Random } from "../plan/random.ts";
import { Dispatches } from "./dispatches.ts";
import { type Asks, NOTICES_SLEEP_MS, SimEnvironment } from "./environment.ts";
import { MUTATIONS_PATH } from "./pages/mutations-api.ts";
import { Page } from "./pages/page.ts";
import type { Surroundings } from "./surroundings.ts";

export class Tab {
  readonly config: TabConfig;
  readonly network: Network;
  readonly environment: SimEnvironment;
  /** It is there where the replica has mutations. */
  readonly page: Page | null;
  readonly dispatches: Dispatches;
  /** These are the types of all messages that came to its end, in order. */
  readonly arrived: string[] = [];
  /** It is set while what it shows is wrong because of somebody else. */
  wrong: Wrong | null = null;
  /** Something has arrived on these. */
  readonly #begun = new WeakSet<SimConnection>();
  /** Frames of it were swallowed, doubled or altered. So what it counts is no fault of its own. */
  meddledWith = false;
  #driver: Replica<Shown>;
  readonly #world: Surroundings;
  readonly #random: Random;
  readonly #transits: { readonly at: number; readonly ms: number }[] = [];
  #position: Position | null = null;
  /** The last answer over HTTP has come so often, one time after the other. */
  #sameAnswer = { answer: "", times: 0 };
  /** The replica stood like this when a frame of an older connection came. */
  #beforeLate: { readonly view: SyncView; readonly position: Position | null } | null = null;
  #comesBack: Timer | null = null;
  #divergences: Divergence[] = [];

  constructor(world: Surroundings, authority: AuthorityEnd, config: TabConfig) {
    const { name } = config;
    this.#world = world;
    this.config = config;
    this.#random = world.random.fork(`tab ${name}`);
    world.sessions.add(name, config.inBrowser);
    this.network = new Network(world, authority, config.network, name);
    this.network.refusesWebSockets = config.http !== undefined;
    const tab = this;
    this.environment = new SimEnvironment(world, this.network, name, config, {
      happened: () => this.#happened(),
      arrives: (connection, message, sentAt) => this.#arrives(connection, message, sentAt),
      asks: (url) => this.#asks(url),
      came: (piece, url) => this.#came(piece, url),
      posts: (path, body) => {
        if (path === MUTATIONS_PATH) this.page?.posted(body);
      },
      get now() {
        return world.clock.now;
      },
      get jumpedAt() {
        return tab.environment.jumpedAt;
      },
    });
    this.page = config.mutates === true ? new Page(world, this, config.keeps ?? null) : null;
    this.#driver = this.#newDriver();
    this.dispatches = new Dispatches(world, authority, this);
    this.driver.start();
  }

  #newDriver(): Replica<Shown> {
    const { name, space, inBrowser, http, mutates } = this.config;
    const driver = new Replica<Shown>({
      url: `ws://sim${http?.path ?? (space === "main" ? "/sync" : `/sync/${space}`)}`,
      io: this.environment,
      ...(inBrowser ? { csrf: "/api/session" } : {}),
      ...(mutates === true ? { mutations: mutations({ url: MUTATIONS_PATH, ...this.page?.keeping() }) } : {}),
      user: name,
      autoStart: false,
      onDivergence: (divergence) => this.#divergences.push(divergence),
    });
    driver.subscribe(() => {
      if (driver === this.#driver) this.check(true);
    });
    return driver;
  }

  get driver(): Replica<Shown> {
    return this.#driver;
  }

  /** Somebody loads the page again: it knows nothing of what was there before. */
  reload(isClosed = false): void {
    this.#driver.stop();
    this.page?.reloaded(isClosed);
    if (this.page !== null) this.page.user = this.name;
    this.#position = null;
    this.#divergences = [];
    this.#beforeLate = null;
    this.wrong = null;
    this.#driver = this.#newDriver();
    this.#driver.start();
  }

  /** By default the user is the one who was there before. */
  start(user?: string): void {
    if (user !== undefined) this.page?.comes(user);
    this.driver.start(user);
  }

  get name(): string {
    return this.config.name;
  }

  get status(): string {
    const { status } = this.driver.view;
    return status.type === "stale" ? `stale: ${status.why}` : status.type;
  }

  get counters(): ReplicaCounters {
    return this.driver.counters;
  }

  get divergences(): readonly Divergence[] {
    return this.#divergences;
  }

  #happened(): void {
    this.#checkLate();
    this.check(false);
    if (this.status === "stale: unknown_space") this.#comeBack();
  }

  /** By rule R8 a frame of an older connection changes nothing. */
  #checkLate(): void {
    const before = this.#beforeLate;
    this.#beforeLate = null;
    if (before === null || (before.view === this.driver.view && before.position === this.driver.position)) return;
    this.#world.fail("R8", `${this.name} takes a frame of an older socket for one of the newest`);
  }

  /** Whoever uses the tab opens the space again after a while. There may be one by then. */
  #comeBack(): void {
    this.#comesBack ??= this.#world.clock.after(this.#random.int(500, 5_000), () => {
      this.#comesBack = null;
      if (this.status === "stale: unknown_space") this.environment.act(() => this.driver.start());
    });
  }

  /**
   * It checks what must hold of a replica at every moment. With `told` the replica says itself that something has
   * changed.
   */
  check(told: boolean): void {
    const { position } = this.driver;
    const moved = position !== this.#position;
    if (moved) this.page?.moved();
    if (moved) this.#noteShown(position);
    if (moved) this.#checkPosition(this.#position, position);
    this.#position = position;
    if (this.driver.view.status.type === "signed_out") this.#checkCleared();
    else if (moved || told || this.wrong !== null || this.page !== null) this.#checkShown(position);
    this.page?.checkPending(this.driver);
    this.page?.checkIdentity(this.driver);
    if (this.config.http !== undefined && position !== null) this.#checkConfirmed(position);
    if (this.driver.view.status.type !== "live") return;
    this.#checkFresh(position as Position);
    this.#checkClock();
  }

  #noteShown(position: Position | null): void {
    const what = position === null ? "nothing" : `${position.epoch} ${position.space} ${position.version}`;
    this.#world.trace.line(this.#world.clock.now, `${this.name} shows ${what}`);
  }

  /** By rule E5 a replica never goes back. What was shown no longer counts as its position once it has been cleared. */
  #checkPosition(before: Position | null, after: Position | null): void {
    if (before?.epoch !== after?.epoch) this.#world.counters.add("client_epoch_changes", before === null ? 0 : 1);
    if (before === null || after === null || before.epoch !== after.epoch || before.space !== after.space) return;
    if (after.version < before.version) {
      this.#world.fail("E5", `${this.name} goes back from ${before.version} to ${after.version}`);
    }
  }

  #checkShown(position: Position | null): void {
    if (position === null) return this.#checkCleared();
    const moment = this.#world.oracle.momentAt(position);
    const at = `${this.name} at ${position.epoch} ${position.space} ${position.version}`;
    if (moment === null) return this.#world.fail("A1", `${at} shows what was never durable`);
    if (!moment.whole) this.#world.fail("S5", `${at} stands within a group`);
    const where = this.#difference(this.#shownOf(moment, position), position);
    if (this.wrong !== null && this.driver.pending.length > 0) return; // What is laid over it may hide it.
    if (where === null) this.#healed(position.version);
    else if (this.wrong === null) this.#world.fail(this.#promise, `${at} (${this.status}) shows another ${where}`);
    else this.#checkFound(this.wrong, at);
  }

  /** A replica of a view shows what that view shows of the moment (promise P11). */
  #shownOf(moment: HistoryMoment, { proof }: Position): OracleState {
    return this.isViewed ? shownAt(moment, this.#world.rights.named(proof?.view)) : moment.state;
  }

  /** It follows a view of its space, or what somebody granted in its place. */
  get isViewed(): boolean {
    return this.#world.config.views === true && this.config.space === "main";
  }

  /** A follower of a view may stand behind the head where its view shows the same at both versions (rule V12). */
  lacksNothing({ version, proof }: Position, moments: readonly HistoryMoment[] | undefined, head: number): boolean {
    const [mine, newest] = [moments?.[version], moments?.[head]];
    if (!this.isViewed || mine === undefined || newest === undefined) return false;
    const view = this.#world.rights.named(proof?.view);
    return difference(shownAt(mine, view), shownAt(newest, view)) === null;
  }

  get #promise(): string {
    if (this.page !== null) return "P14";
    return this.isViewed ? "P11" : "P1";
  }

  #difference(truth: OracleState, at: Position | null): string | null {
    if (this.page === null) return difference(this.driver.state, truth);
    return this.page.difference(this.driver, truth, at);
  }

  /** By rule R9 a replica that was signed out shows nothing. */
  #checkCleared(): void {
    const where = this.#difference({}, null);
    if (where !== null) this.#world.fail("R9", `${this.name} still shows ${where}`);
    this.wrong = null;
  }

  /** By promise P5 what a digest found is counted and reported by name. A later value may have covered it before. */
  #healed(version: number): void {
    const { wrong } = this;
    if (wrong === null || (version < wrong.version && this.#world.clock.now - wrong.since < ON_ITS_WAY_MS)) return;
    this.wrong = null;
    if (this.counters.digestMismatches === wrong.found) return;
    this.#world.counters.add("divergence_healed");
    const named = this.driver.lastDivergence?.records.some(
      ({ collection, id }) => `${collection}/${id}` === wrong.record,
    );
    if (this.counters.divergences > wrong.divergences && named === true) return;
    this.#world.fail("P5", `${this.name} healed ${wrong.record} and did not report it`);
  }

  /** By promise P5 the next beacon finds the difference. */
  #checkFound({ since, record }: Wrong, at: string): void {
    if (this.driver.view.status.type !== "live" || this.#hasJustWoken) return;
    if (this.#world.clock.now - since > this.#freshMs) this.#world.fail("P5", `${at} is live with a wrong ${record}`);
  }

  /** By rule R7 what it shows was true a short time ago, while it says `live`. */
  #checkFresh(position: Position): void {
    const since = this.#world.staleSince(this.config.space, position);
    if (since === null || this.#hasJustWoken) return;
    const age = this.#world.clock.now - since;
    if (age > this.#freshMs) this.#world.fail("R7", `${this.name} says live at ${position.version}, ${age} ms behind`);
  }

  /** By rules H4 and H6 it never says that it was confirmed later than somebody could know. */
  #checkConfirmed(position: Position): void {
    const since = this.#world.staleSince(this.config.space, position);
    const age = this.driver.confirmedAgeMs;
    if (since === null || age === null || age > REMEMBERED_MS || this.#hasJustWoken) return;
    const { now } = this.#world.clock;
    const behind = now - since;
    if (
      age >= behind ||
      age + this.#worstTransit(now - age - ON_ITS_WAY_MS) + this.environment.unnoticedMs + SLACK_MS >= behind
    )
      return;
    this.#world.fail("H6", `${this.name} was confirmed ${age} ms ago at ${position.version}, ${behind} ms behind`);
  }

  /**
   * By rule R7 it knows the authority's clock while it is live, but for the time that the newest `sync` was on its way.
   */
  #checkClock(): void {
    const { clock, wallSetAt } = this.#world;
    const late = this.#worstTransit() + ON_ITS_WAY_MS + (this.config.http === undefined ? 0 : UNTOLD_MS);
    if (clock.now - wallSetAt <= 3 * this.config.beaconMs + late) return;
    if (clock.now - this.environment.wokeAt <= NOTICES_SLEEP_MS + ON_ITS_WAY_MS + SLACK_MS) return;
    const error = this.driver.serverNow() - this.#world.wallTime();
    if (error <= SET_BACK_MS + SLACK_MS && error >= -(late + this.environment.unnoticedMs)) return;
    this.#world.fail("R7", `${this.name} is live and has the authority's clock ${error} ms ahead of what it is`);
  }

  get #hasJustWoken(): boolean {
    return this.#world.clock.now - this.environment.wokeAt <= NOTICES_SLEEP_MS;
  }

  /**
   * A replica may show as live for so long what was confirmed: the time that the rule allows, that frames took, and
   * that no clock showed.
   */
  get #freshMs(): number {
    return 1.5 * this.config.beaconMs + this.#worstTransit() + this.environment.unnoticedMs + SLACK_MS;
  }

  #worstTransit(from = this.#world.clock.now - 1.5 * this.config.beaconMs - SLACK_MS): number {
    return this.#transits.reduce((worst, { at, ms }) => (at < from ? worst : Math.max(worst, ms)), 0);
  }

  /** By rule H5 it asks for no full state below its own version. */
  #asks({ pathname, searchParams }: URL): void {
    const { position } = this.driver;
    const atLeast = Number(searchParams.get("atLeast") ?? 0);
    if (!pathname.endsWith("/snapshot") || position === null || atLeast === position.version) return;
    this.#world.fail("H5", `${this.name} at ${position.version} asks for a state at or above ${atLeast}`);
  }

  /** By rule H2 no cache leads a reader in a circle. One that comes back may meet an answer again that it has had. */
  #came({ text, writtenAt, keptMs }: Piece, { href, pathname }: URL): void {
    this.#noteTransit(this.#world.clock.now - writtenAt - keptMs);
    const answer = `${href} ${writtenAt}`;
    const times = this.#sameAnswer.answer === answer ? this.#sameAnswer.times + 1 : 1;
    const hasNews = !pathname.includes("/t/") || text.includes('"type":"delta"');
    this.#sameAnswer = { answer, times: hasNews ? 0 : times };
    if (this.#sameAnswer.times > 2) this.#world.fail("H2", `${this.name} was given one answer ${times} times: ${href}`);
  }

  #noteTransit(ms: number): void {
    const { now } = this.#world.clock;
    const oldest = now - Math.max(REMEMBERED_MS + ON_ITS_WAY_MS, 1.5 * this.config.beaconMs + SLACK_MS);
    while (this.#transits[0] !== undefined && this.#transits[0].at < oldest) this.#transits.shift();
    this.#transits.push({ at: now, ms });
  }

  #arrives(connection: SimConnection, message: WireMessage, sentAt: number): readonly WireMessage[] {
    const { now } = this.#world.clock;
    this.#world.trace.line(now, `${connection.id} > ${message.mark}`);
    this.arrived.push(message.type);
    this.#noteTransit(now - sentAt);
    if (connection !== this.network.newest)
      this.#beforeLate = { view: this.driver.view, position: this.driver.position };
    const isFirst = !this.#begun.has(connection);
    this.#begun.add(connection);
    if (connection.tamper === null || connection.clientDone) return [message];
    return this.#meddle(connection, message, isFirst);
  }

  /** A step that is swallowed leaves right data under the name of the epoch before, which no rule finds (E7). */
  #meddle(connection: SimConnection, message: WireMessage, isFirst: boolean): readonly WireMessage[] {
    const how = connection.tamper;
    if (how === "alter") return this.#alter(connection, message);
    if (message.isResume && !isFirst && how === "swallow") return [message];
    if (message.isFullState && how === "double") return [message];
    this.#noteMeddled(connection, how ?? "");
    return how === "swallow" ? [] : [message, message];
  }

  #alter(connection: SimConnection, message: WireMessage): readonly WireMessage[] {
    const { position } = this.driver;
    const result = altered(message, this.#random);
    // Only what will be applied makes a difference.
    if (
      result === null ||
      this.wrong !== null ||
      !message.text.startsWith(`{"type":"delta","from":${position?.version},`)
    ) {
      return [message];
    }
    this.#noteMeddled(connection, "alter");
    const { divergences, digestMismatches: found } = this.counters;
    const { version } = message;
    this.wrong = { record: result.record, version, since: this.#world.clock.now, divergences, found };
    return [result.message];
  }

  #noteMeddled(connection: SimConnection, how: string): void {
    connection.tamper = null;
    connection.meddledWith = true;
    this.meddledWith = true;
    this.#world.counters.add(`meddled_${how}`);
    this.#world.trace.line(this.#world.clock.now, `${connection.id} meddled with: ${how}`);
  }
}

export interface TabConfig extends Asks {
  readonly name: string;
  /** It follows this space. */
  readonly space: string;
  /** With true it has a session and its CSRF token, like a page. */
  readonly inBrowser: boolean;
  readonly network: NetworkConfig;
  readonly beaconMs: number;
}

/** Somebody altered a record on its way, so that the replica is wrong without knowing. */
interface Wrong {
  readonly record: string;
  /** The record comes with this version. Before the replica stands there, nothing of it is shown. */
  readonly version: number;
  readonly since: number;
  readonly divergences: number;
  /** So many digests had been found to differ when it was altered. */
  readonly found: number;
}

type Shown = Readonly<Record<string, ReadonlyMap<string, StateRecord>>>;

/** A delivered frame may have been so late, at most, within the time that a confirmation counts. */
const SLACK_MS = 50;
/** A frame that waits for those before it to be inflated is taken in within this time. */
const ON_ITS_WAY_MS = 1_000;

/** Caches say nothing of so much of the age of an answer (rule H6). */
const UNTOLD_MS = 2_000;

/** Frames and answers are remembered for so long, with the time that they took. */
const REMEMBERED_MS = 20_000;

/** A replica follows later when the authority's clock is set back by less than this. */
const SET_BACK_MS = 2_000;
