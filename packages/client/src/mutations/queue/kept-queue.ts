/** A queue that is kept has a session for each user who comes, and ends it with the user (rules U19 and U20). */

import type { Millis } from "@neverstale/base";
import { type Mutation, SyncError } from "@neverstale/protocol";
import { afterReading } from "../../transport/late-connection.ts";
import type { Transport } from "../../transport/transport.ts";
import type { LineEntry } from "../line.ts";
import type { MutationOutcome, SignOutOptions } from "../mutating.ts";
import { MOST_PENDING, MOST_PENDING_BYTES } from "../refusals.ts";
import type { MutationQueue, QueueHost } from "./queue.ts";
import type { QueuePlace } from "./queue-place.ts";
import { type LeftMutation, QueueSession } from "./queue-session.ts";
import { dropStep, type QueueBounds } from "./queue-steps.ts";

/** The connection waits so long at most for what was left to be read. */
const LONGEST_HOLD_MS: Millis = 2_000;

export interface KeptQueueParts {
  readonly place: QueuePlace;
  readonly mutations: readonly Mutation[];
  readonly told?: ((outcome: MutationOutcome, left: LeftMutation) => void) | undefined;
  readonly bounds?: QueueBounds | undefined;
}

/** Others wait for the server still. The user may be asked, and `signOut` be told what becomes of them. */
export class MutationsLeft extends SyncError {
  readonly count: number;

  constructor(count: number) {
    super("mutations_left", `${count} mutations wait for the server`, {
      hint: 'Sign out with `{ mutations: "drop" }`, or with "keep" where they are to wait for the same user.',
    });
    this.count = count;
  }
}

export class KeptQueue implements MutationQueue {
  readonly #host: QueueHost;
  readonly #place: QueuePlace;
  readonly #mutations: ReadonlyMap<string, Mutation>;
  readonly #told: NonNullable<KeptQueueParts["told"]>;
  readonly #bounds: QueueBounds;
  #session: QueueSession | null = null;
  #opening: Promise<void> | null = null;
  /** The session before has not written everything yet. */
  #ending: Promise<void> = Promise.resolve();
  /** All that was asked for is dropped with the user. */
  #isDropping = false;

  constructor(host: QueueHost, { place, mutations, told = () => {}, bounds = BOUNDS }: KeptQueueParts) {
    this.#host = host;
    this.#place = place;
    this.#mutations = new Map(mutations.map((mutation) => [mutation.name, mutation]));
    this.#told = told;
    this.#bounds = bounds;
    place.hear((user) => this.#hear(user));
  }

  start(): void {
    this.#open();
  }

  /** It returns null where all that was left is taken up. */
  #open(): Promise<void> | null {
    const { user } = this.#host;
    if (user === (this.#session?.user ?? null)) return this.#opening;
    this.end();
    if (user === null) return null;
    const session = new QueueSession(this.#host, this.#place, {
      user,
      mutations: this.#mutations,
      bounds: this.#bounds,
      told: this.#told,
      forgotten: () => this.#hear(user),
    });
    this.#session = session;
    const opening = this.#withinTime(this.#ending.then(() => session.open())).then(() => {
      if (this.#opening === opening) this.#opening = null;
    });
    this.#opening = opening;
    return opening;
  }

  hold(transport: Transport): Transport {
    return afterReading(
      transport,
      () => this.#open(),
      () => this.#host.lines,
    );
  }

  changed(): void {
    this.#session?.changed();
  }

  ready(next: readonly LineEntry[]): readonly LineEntry[] {
    return this.#session?.ready(next) ?? next;
  }

  settledOf(line: string): number | null {
    return this.#session?.settledOf(line) ?? null;
  }

  whenKept(run: (isKept: boolean) => void): void {
    if (this.#session === null) void this.#ending.then(() => run(true));
    else this.#session.whenKept(run);
  }

  canDrop(entry: LineEntry): boolean {
    return this.#session === null || this.#session.isKeeping || !this.#session.isKept(entry);
  }

  end(): boolean {
    const session = this.#session;
    if (session === null) return false;
    const isDropping = this.#isDropping;
    this.#session = null;
    this.#opening = null;
    this.#isDropping = false;
    this.#ending = session.end(isDropping);
    return !isDropping;
  }

  signOut({ mutations }: SignOutOptions): Promise<void> | null {
    const session = this.#session;
    // Whoever has gone already may still drop what waits.
    const user = session?.user ?? this.#host.user;
    if (mutations === "drop") return user === null ? null : this.#drop(user);
    return session === null || mutations === "keep" ? null : this.#mustBeEmpty(session);
  }

  async #mustBeEmpty(session: QueueSession): Promise<void> {
    const count = await session.count();
    if (count > 0) throw new MutationsLeft(count);
  }

  /** Where they can't be deleted now, they are before anything is taken up again. */
  async #drop(user: string): Promise<void> {
    this.#isDropping = this.#session !== null;
    this.#place.doom(user);
    let isGone = false;
    await this.#withinTime(
      this.#place
        .transact((found) => dropStep(found, [user]), false)
        .then(() => {
          isGone = true;
        }),
    );
    if (isGone) this.#place.spare([user]);
    this.#place.tell(user);
  }

  #hear(user: string): void {
    if (this.#session?.user !== user) return;
    this.#isDropping = true;
    void this.#host.signOut({ mutations: "keep" });
  }

  #withinTime(work: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#host.io.after(LONGEST_HOLD_MS, resolve);
      work
        .catch(() => {})
        .then(() => {
          timer.cancel();
          resolve();
        });
    });
  }
}

const BOUNDS: QueueBounds = { mutations: MOST_PENDING, bytes: MOST_PENDING_BYTES };
