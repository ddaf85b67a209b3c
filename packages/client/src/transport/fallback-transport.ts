/** The fallback: where WebSocket doesn't pass, the replica follows over HTTP, and tries WebSocket again (rule H9). */

import type { Millis, Timer } from "@neverstale/base";
import { CLOSE } from "@neverstale/protocol";
import { type FallbackPlace, isWordOfAuthority, type MakeFallback, SILENT_MS } from "./fallback.ts";
import type { HttpIo } from "./http/exchange.ts";
import { httpEndpoint } from "./http/http-address.ts";
import { HttpConnection, type NetworkWays } from "./http/http-connection.ts";
import type { ClientConnection, ConnectionOpening, SyncWay, Transport, TransportEvents } from "./transport.ts";

/** Returns the fallback for an environment in which requests whose answers come piece by piece are opened like that. */
export function fallbackOver(openHttp: HttpIo["openHttp"]): MakeFallback {
  return (place) => new FallbackTransport(place, openHttp);
}

class FallbackTransport implements Transport {
  readonly #place: FallbackPlace;
  readonly #io: HttpIo;
  readonly #ways: NetworkWays = { streams: true, silentSince: null, isServed: true };
  /** So many WebSockets in a row ended before any message. */
  #failures: number;
  /** One has brought a message on this network, so it passes. */
  #hasPassed: boolean;
  #overHttp = false;
  /** WebSocket is tried again at this time. */
  #tryAt: Millis | null = null;
  #probe: { cancel(): void } | null = null;
  #tryNow: () => void = () => {};

  constructor(place: FallbackPlace, openHttp: HttpIo["openHttp"]) {
    const { io, failures, hasPassed } = place;
    this.#place = place;
    this.#io = { now: () => io.now(), after: (ms, run) => io.after(ms, run), openHttp };
    this.#failures = failures;
    this.#hasPassed = hasPassed;
  }

  get way(): SyncWay {
    if (!this.#overHttp) return "websocket";
    return this.#ways.streams ? "stream" : "poll";
  }

  connect(opening: ConnectionOpening, events: TransportEvents): ClientConnection {
    this.#overHttp = this.#isForHttp;
    return this.#overHttp ? this.#connectHttp(opening, events) : this.#connectWebSocket(opening, events);
  }

  get #isForHttp(): boolean {
    return this.#failures >= FAILURES && this.#ways.isServed;
  }

  /** There is another network now, perhaps, and nothing is known of it. */
  online(): void {
    this.#failures = 0;
    this.#hasPassed = false;
    this.#tryAt = null;
    this.#ways.streams = true;
    this.#ways.silentSince = null;
    this.#ways.isServed = true;
    this.#tryNow();
  }

  #connectWebSocket(opening: ConnectionOpening, events: TransportEvents): ClientConnection {
    const io = this.#io;
    const { webSocket } = this.#place;
    const openedAt = io.now();
    let isOpen = true;
    let heard = false;
    let isOpened = false;
    let instead: ClientConnection | null = null;
    /** The replica has closed it. A socket may tell of its end long after that. */
    let isLeft = false;
    const openedOnce = (): void => {
      if (!isOpened) events.opened();
      isOpened = true;
    };
    const ended = (failed: boolean): void => {
      if (isOpen && !heard && failed) this.#failures += 1;
      isOpen = false;
    };
    const connection = webSocket.connect(opening, {
      ...events,
      opened: openedOnce,
      received: (frame, said) => {
        heard = true;
        this.#failures = 0;
        this.#hasPassed = true;
        this.#tryAt = null;
        events.received(frame, said);
      },
      closed: (code) => {
        ended(!isWordOfAuthority(code));
        if (heard || isLeft || !this.#isForHttp) return events.closed(code);
        // This attempt goes on over HTTP, so that a network without WebSocket costs no second backoff (promise P2).
        this.#overHttp = true;
        instead = this.#connectHttp(opening, { ...events, opened: openedOnce });
      },
    });
    return {
      send: (message) => (instead ?? connection).send(message),
      close: (code) => {
        if (instead !== null) return instead.close(code);
        isLeft = true;
        ended(io.now() - openedAt >= SILENT_MS);
        connection.close(code);
      },
    };
  }

  #connectHttp(opening: ConnectionOpening, events: TransportEvents): ClientConnection {
    const io = this.#io;
    const { url } = this.#place;
    let heard = false;
    const openedAt = io.now();
    const leave = (failed: boolean): void => {
      this.#probe?.cancel();
      this.#tryNow = () => {};
      // It may be that nothing answers there at all. Then WebSocket is as good, and is tried first.
      if (failed && !heard) this.#failures = FAILURES - 1;
    };
    const connection = new HttpConnection({
      io,
      endpoint: httpEndpoint(url, this.#place.io.baseUrl),
      opening,
      ways: this.#ways,
      events: {
        ...events,
        received: (frame, said) => {
          heard = true;
          events.received(frame, said);
        },
        closed: (code) => {
          leave(true);
          events.closed(code);
        },
      },
    });
    this.#probeLater(opening, () => {
      leave(false);
      connection.close();
      events.closed(CLOSE.comeBackNow);
    });
    return {
      send: (message) => connection.send(message),
      close: () => {
        leave(io.now() - openedAt >= SILENT_MS);
        connection.close();
      },
    };
  }

  /** WebSocket is tried beside what works, and taken once it has brought a message. */
  #probeLater(opening: ConnectionOpening, passes: () => void): void {
    const io = this.#io;
    let timer: Timer | null = null;
    let attempt: ClientConnection | null = null;
    const wait = (): void => {
      this.#tryAt ??= io.now() + (this.#hasPassed ? TRY_SOON_MS : TRY_AGAIN_MS);
      timer = io.after(Math.max(0, this.#tryAt - io.now()), tryNow);
    };
    /** The socket of a try that is over may still tell of its end, which leads to no other try. */
    let tries = 0;
    const stop = (): void => {
      tries += 1;
      timer?.cancel();
      attempt?.close(NORMAL_CLOSURE);
      attempt = null;
    };
    const failed = (): void => {
      stop();
      wait();
    };
    const tryNow = (): void => {
      stop();
      this.#tryAt = null;
      timer = io.after(PROBE_MS, failed);
      const number = tries;
      const ifStill = (run: () => void) => () => {
        if (number === tries) run();
      };
      attempt = this.#place.webSocket.connect(
        { ...opening, resume: opening.position(), attempt: 1 },
        {
          opened: () => {},
          loading: () => {},
          closed: ifStill(failed),
          received: ifStill(() => {
            stop();
            this.#failures = 0;
            this.#hasPassed = true;
            passes();
          }),
        },
      );
    };
    wait();
    this.#tryNow = tryNow;
    this.#probe = { cancel: stop };
  }
}

/** After so many WebSockets in a row that brought nothing it is HTTP. */
const FAILURES = 2;
/** WebSocket is tried again after so long. */
const TRY_AGAIN_MS: Millis = 10 * 60_000;
/** Where it has passed before, it was most often the authority that was away for a while. */
const TRY_SOON_MS: Millis = 30_000;
const PROBE_MS: Millis = 10_000;

const NORMAL_CLOSURE = 1000;
