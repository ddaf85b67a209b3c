/** The live state holds the newest events. What has left it while nobody looked is read in the log, back to what was seen. */

import type { StateSync } from "@neverstale/fleet-client";
import { type Event, seenEvents } from "@neverstale/fleet-domain";
import type { CommandLineSession } from "../../session/io/session.ts";
import { type EventFilter, isEventAskedFor, REMEMBERED, SeenEvents } from "../event-lines.ts";
import { newestEvents, pastEvents } from "./past-events.ts";

export interface FollowedEvents {
  readonly filter: EventFilter;
  /** So many of the past come first. */
  readonly limit: number;
  readonly put: (event: Event) => void;
}

export class EventFollower {
  readonly #session: CommandLineSession;
  readonly #sync: StateSync;
  readonly #followed: FollowedEvents;
  readonly #seen = new SeenEvents();
  #hasBegun = false;
  #isReading = false;

  constructor(session: CommandLineSession, sync: StateSync, followed: FollowedEvents) {
    this.#session = session;
    this.#sync = sync;
    this.#followed = followed;
  }

  /** The replica has changed. */
  look(): void {
    const live = seenEvents(this.#sync.state);
    if (this.#isReading || this.#sync.status.type !== "live" || live.length === 0) return;
    if (this.#seen.hasOneOf(live)) this.#put(live);
    else this.#read(live);
  }

  /** A failure is made good with the next change. */
  #read(live: readonly Event[]): void {
    const { filter, limit } = this.#followed;
    this.#isReading = true;
    const reading = this.#hasBegun ? this.#missed() : newestEvents(this.#session, filter, limit);
    reading.then(
      (events) => {
        this.#put(events);
        if (!this.#hasBegun) this.#seen.take(live); // Those that are older than the ones of the past that were asked for.
        this.#hasBegun = true;
        this.#isReading = false;
        this.look();
      },
      () => {
        this.#isReading = false;
      },
    );
  }

  #put(events: readonly Event[]): void {
    const { filter, put } = this.#followed;
    for (const event of this.#seen.take(events)) if (isEventAskedFor(event, filter)) put(event);
  }

  async #missed(): Promise<Event[]> {
    const missed: Event[] = [];
    for await (const page of pastEvents(this.#session, {})) {
      missed.push(...page);
      if (this.#seen.hasOneOf(page) || missed.length >= REMEMBERED) break;
    }
    return missed;
  }
}
