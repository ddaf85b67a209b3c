/** The tabs of a browser that follow the same state for the same user share one connection (rule X5). */

import type {
  ClientConnection,
  ConnectionOpening,
  TabRole,
  Transport,
  TransportEvents,
} from "../transport/transport.ts";
import type { TabsHost } from "./sharing.ts";
import { TabConnection } from "./tab-connection.ts";
import type { TabLock, TabPlace } from "./tab-place.ts";

export class TabsTransport implements Transport {
  readonly #host: TabsHost;
  readonly #transport: Transport;
  readonly #place: TabPlace;
  /** The lock of a connection that has just ended. The next one has it, if it is opened at once. */
  #held: TabLock | null = null;
  #newest: TabConnection | null = null;

  constructor(host: TabsHost, transport: Transport, place: TabPlace) {
    this.#host = host;
    this.#transport = transport;
    this.#place = place;
  }

  get way() {
    return this.#transport.way ?? null;
  }

  get sharing(): TabRole | null {
    return this.#newest?.role ?? null;
  }

  online(): void {
    this.#transport.online?.();
  }

  connect(opening: ConnectionOpening, events: TransportEvents): ClientConnection {
    const parts = {
      host: this.#host,
      place: this.#place,
      transport: this.#transport,
      name: this.#name(),
      handOver: (lock: TabLock, close: () => void) => this.#handOver(lock, close),
    };
    const held = this.#held;
    this.#held = null;
    this.#newest = new TabConnection(parts, opening, events, held);
    return this.#newest;
  }

  /** Tabs share what belongs to the same user, at the same address. What they say to each other has a version of its own. */
  #name(): string {
    const { io, options, machine } = this.#host;
    const { href } = new URL(options.url, io.baseUrl ?? undefined);
    return `neverstale:tabs.1:${JSON.stringify([machine.user, href])}`;
  }

  #handOver(lock: TabLock, close: () => void): void {
    this.#held = lock;
    close();
    this.#held?.release();
    this.#held = null;
  }
}
