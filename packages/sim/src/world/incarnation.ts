/** An incarnation is one process of the authority: the real manager and hub over a simulated machine. */

import type { Timer } from "@neverstale/base";
import { CLOSE, formatDigest, recordHash, type StateOf, SyncError } from "@neverstale/protocol";
import {
  type Applied,
  type Decide,
  type Runtime,
  StateManager,
  type Store,
  SyncHub,
  type TransactOptions,
} from "@neverstale/server";
import type { MutationService } from "@neverstale/server/http";
import { AskedChanges } from "../checks/asked.ts";
import { counted } from "../checks/evictions.ts";
import { type Branch, type HistoryMoment, NO_RECORDS, type OracleState } from "../checks/history.ts";
import { difference } from "../checks/same-state.ts";
import { shownOtherwise } from "../checks/views/keys-of-releases.ts";
import { HttpOrigin } from "../http/origin.ts";
import type { SimConnection } from "../network/connection.ts";
import { ANY_ENTRY, accept } from "../network/endpoint.ts";
import { SimCodec } from "../network/frames.ts";
import type { SimAnswer, SimRequest } from "../network/http.ts";
import type { mainModel } from "../plan/models.ts";
import { PAGE_MUTATIONS } from "../plan/pages/mutations.ts";
import { FIRST_RELEASE, type Models, migrationOf, modelsOf } from "../plan/releases.ts";
import { viewsOf } from "../plan/views/views.ts";
import { mountStore } from "../store/sim-store.ts";
import { answerRequest } from "./http-api.ts";
import { mutationsOf } from "./pages/mutations-api.ts";
import type { AuthorityConfig, Surroundings } from "./surroundings.ts";

export class Incarnation implements Runtime {
  readonly world: Surroundings;
  readonly config: AuthorityConfig;
  readonly number: number;
  readonly frames: SimCodec;
  alive = true;
  models: Models = modelsOf(FIRST_RELEASE, new Set());
  manager: StateManager<typeof mainModel> | null = null;
  hub: SyncHub | null = null;
  http: HttpOrigin | null = null;
  mutations: MutationService<SimRequest> | null = null;
  /** So many takeovers were asked for that are not over. */
  takingOver = 0;
  readonly #connections = new Set<SimConnection>();
  readonly #onEnd = new Set<(silently: boolean) => void>();
  /** It ends this process because of its disk. */
  readonly #exit: (process: Incarnation) => void;
  readonly #random;
  #isStopped = false;
  #closing: Promise<void> | null = null;

  constructor(world: Surroundings, config: AuthorityConfig, number: number, exit: (process: Incarnation) => void) {
    this.world = world;
    this.#exit = exit;
    this.config = config;
    this.number = number;
    this.#random = world.random.fork(`authority ${number}`);
    const { scale, zipFromChars } = config;
    const { snapshots } = world;
    this.frames = new SimCodec((ms, run) => this.after(ms, run), this.#random, { scale, zipFromChars, snapshots });
  }

  // These methods are the machine as this process sees it.

  now(): number {
    return this.world.clock.now;
  }

  wallTime(): number {
    return this.world.wallTime();
  }

  newId(): string {
    return this.world.newId();
  }

  authenticate(secret: string, text: string): string {
    return formatDigest(recordHash(secret, text, { id: "" }));
  }

  after(delayMs: number, run: () => void): Timer {
    return this.world.clock.after(delayMs, () => {
      if (this.alive) run();
    });
  }

  soon(run: () => void): void {
    this.after(0, run);
  }

  loopUtilization(): number {
    return this.config.loopUtilization;
  }

  // These methods are the start and the end of the process.

  /** A takeover that fails ends the process, as a failed commit does. */
  takeOver(): void {
    this.takingOver += 1;
    this.manager
      ?.takeOver()
      .then(
        () => this.world.counters.add("takeovers"),
        (error: SyncError) => this.world.counters.add(`takeover_${error.code}`),
      )
      .finally(() => {
        this.takingOver -= 1;
      });
  }

  /** It opens the store and serves. Whatever goes wrong with the disk meanwhile ends the process. */
  async start(): Promise<void> {
    const { limits, beaconMs } = this.config;
    const { release } = this.world;
    const store = mountStore(this.world.disk, (branch) => modelsOf(release, collectionsIn(branch)));
    this.models = store.models;
    const onFailure = () => this.after(this.#random.int(0, 5), () => this.#exit(this));
    try {
      const manager = await StateManager.open({
        model: this.models.main,
        spaces: this.models.others,
        views: this.world.config.views === true ? [viewsOf(this.models)] : [],
        migrate: (state) => migrationOf(release, state),
        onProblems: () => this.world.counters.add("stored_records_refused_today"),
        store,
        mutations: Object.values(PAGE_MUTATIONS),
        onMutationFailed: (error) => this.world.fail("crash", `a mutation fails: ${String(error)}`),
        limits,
        onFailure,
        runtime: this,
      });
      this.#recovered(manager);
      this.manager = manager;
      this.hub = new SyncHub(manager, { frames: this.frames, beaconMs });
      this.http = this.#originOf(manager);
      this.mutations = mutationsOf(this.world, manager);
      this.#followChain(store, false);
    } catch (error) {
      if (error instanceof SyncError && !OF_THE_DISK.includes(error.code))
        this.world.fail("P3", `the store can't be opened: ${error.message}`);
      this.#exit(this);
    }
  }

  #originOf(manager: StateManager<typeof mainModel>): HttpOrigin {
    const { world } = this;
    const { scale, zipFromChars, beaconMs } = this.config;
    const options = { scale, zipFromChars, snapshots: world.snapshots };
    const frames = new SimCodec((ms, run) => this.after(ms, run), this.#random.fork("http"), options);
    const happen = (run: () => void) => {
      if (this.alive) run();
    };
    return new HttpOrigin({ world, manager, frames, beaconMs, happen });
  }

  /** Somebody follows the chain as long as this process serves. */
  #followChain(store: Store, isMore: boolean): void {
    this.after(this.world.chain.nextMs(isMore), () => {
      if (!this.serving) return;
      this.world.chain.follow(store).then(
        (more) => this.#followChain(store, more),
        (error: unknown) => {
          if (this.serving) this.world.fail("crash", `the chain can't be read: ${String(error)}`);
        },
      );
    });
  }

  get serving(): boolean {
    return this.alive && this.hub !== null && this.#closing === null;
  }

  get epoch(): string {
    return this.manager?.epoch ?? "";
  }

  /** By promise P3 a start finds what the disk has. */
  #recovered(manager: StateManager<typeof mainModel>): void {
    const { branch } = this.world.disk;
    for (const name of new Set([...manager.spaces(), ...branch.spaces.keys()])) {
      const space = manager.space(name);
      const history = branch.spaces.get(name);
      if (space === null || history === undefined || space.creationId !== history.creationId) {
        this.world.fail("P3", `the space ${name} is not the one that was stored`);
      } else if (space.head !== history.head.version) {
        this.world.fail("P3", `${name} is at ${space.head} after a start, and ${history.head.version} is durable`);
      } else {
        const where = difference(space.state, history.head.state);
        if (where !== null) this.world.fail("P3", `after a start ${name} has another ${where}`);
        this.#checkKept(name, history.head.state);
        if (name === "main" && this.world.config.views === true) this.#checkKeys(history.head);
      }
    }
    this.world.acks.recovered(branch);
    this.world.mutations.recovered(branch);
  }

  /** By rule E6, records that a release no longer keeps are gone before anyone is served. */
  #checkKept(name: string, state: OracleState): void {
    for (const [collection, { keep }] of Object.entries(this.models.of(name).collections)) {
      const kept = keep === null ? 0 : counted(keep, state[collection] ?? NO_RECORDS).length;
      if (keep !== null && kept > keep.newest)
        this.world.fail("E6", `${name} serves ${kept} ${collection} after a start, and keeps ${keep.newest}`);
    }
  }

  /** By rule V4, all keys are those of this release before anyone is served. */
  #checkKeys(head: HistoryMoment): void {
    const where = shownOtherwise(head, this.models);
    if (where !== null) this.world.fail("V4", `after a start main has keys that the release does not give: ${where}`);
  }

  /** The process ends here. Nothing that it has begun goes on. */
  end(silently: boolean): void {
    this.alive = false;
    this.#count();
    for (const connection of this.#connections) connection.processEnded(silently, this.#random.skewed(4_000_000));
    for (const tell of this.#onEnd) tell(silently);
    this.http?.end(silently);
    this.#connections.clear();
  }

  /** The process ends gracefully. It resolves when the store is closed. */
  stop(): Promise<void> {
    this.#isStopped = true;
    this.#closing ??= this.#stop();
    return this.#closing;
  }

  async #stop(): Promise<void> {
    this.hub?.close();
    await this.manager?.close();
  }

  #count(): void {
    if (this.hub === null) return;
    const { fullStates, ...counts } = this.hub.metrics;
    for (const [name, count] of Object.entries(counts)) this.world.counters.add(`hub_${name}`, count);
    const { snapshots = 0, states = 0, polls = 0, streams = 0 } = this.http?.service.httpMetrics ?? {};
    for (const [name, count] of Object.entries({ snapshots, states, polls, streams }))
      this.world.counters.add(`http_${name}`, count);
    const { mutations_repeated_total: repeated = 0, mutations_stopped_total: stopped = 0 } =
      this.manager?.metrics() ?? {};
    this.world.counters.add("mutations_repeated", repeated);
    this.world.counters.add("mutations_stopped", stopped);
    for (const [reason, count] of Object.entries(fullStates)) this.world.counters.add(`full_state_${reason}`, count);
  }

  /** Whatever it acknowledges must hold from then on. */
  async transact(decide: Decide<StateOf<typeof mainModel>>, options: TransactOptions = {}): Promise<Applied> {
    if (this.manager === null) throw new SyncError("shutting_down", "the process does not serve yet");
    const asked = new AskedChanges(this.world.acks.removals, this.models);
    const applied = await this.manager.transact(asked.by(decide), options).catch((error) => this.#refused(error));
    if (this.alive) this.world.acks.note(applied, asked, options.key?.id ?? null);
    this.#checkSteps();
    return applied;
  }

  /** By rule S3 the record that leaves is found at once, however many records are kept or have left. */
  #checkSteps(): void {
    const { eviction_lookups: lookups = 0, eviction_steps: steps = 0 } = this.manager?.metrics() ?? {};
    if (steps > 2 * lookups) this.world.fail("S3", `the oldest record was found ${lookups} times in ${steps} steps`);
  }

  /** The bound that a call has met is named in the hint. */
  #refused(error: unknown): never {
    const hint = error instanceof SyncError ? (error.hint ?? "") : "";
    if (error instanceof SyncError && error.code === "key_expired") this.world.counters.add("keys_expired");
    for (const bound of SIZES) if (hint.includes(bound)) this.world.counters.add(`bound_${bound}`);
    throw error;
  }

  // These methods are the endpoint, as `serveSync` is one.

  accept(connection: SimConnection): void {
    const { world, hub, manager, frames, models } = this;
    if (hub === null || manager === null) return connection.refuse();
    const isStopped = () => this.#isStopped;
    accept(
      {
        ...{ world, hub, manager, frames, models, connections: this.#connections },
        get sendsAway() {
          return isStopped();
        },
        entries: ANY_ENTRY,
        granted: world.rights,
        happen: (run) => {
          if (this.alive) run();
        },
      },
      connection,
    );
  }

  /** It answers a request over HTTP. It rejects when the process ends before that, unless nobody is left to say so. */
  request(request: SimRequest): Promise<SimAnswer> {
    return new Promise((resolve, reject) => {
      const ended = (silently: boolean) => {
        if (!silently) reject(new Error("the connection was reset"));
      };
      this.#onEnd.add(ended);
      answerRequest(this, request).then(
        (answer) => {
          this.#onEnd.delete(ended);
          if (this.alive) resolve(answer);
        },
        (error: unknown) => this.world.fail("crash", `a request ends the process: ${String(error)}`),
      );
    });
  }

  /** It comes back at once, and is granted what it may see by now (rule V16). */
  rightsChanged(client: string): void {
    this.hub?.revoke((subject) => (subject === client ? CLOSE.comeBackNow : null));
  }

  revoke(client: string): void {
    this.hub?.revoke((subject) => (subject === client ? CLOSE.notSignedIn : null));
    this.http?.revoke(client);
  }
}

/** A call can meet these bounds of rule S8. */
const SIZES = ["recordBytes", "transactionBytes", "transactionChanges", "stateBytes"] as const;

/** A start that fails with one of them is tried again. */
const OF_THE_DISK: readonly string[] = ["store_unavailable", "outcome_unknown"];

/** It returns the collections of the main space that hold records. */
function collectionsIn({ spaces }: Branch): ReadonlySet<string> {
  const state = Object.entries(spaces.get("main")?.head.state ?? {});
  return new Set(state.filter(([, records]) => records.size > 0).map(([name]) => name));
}
