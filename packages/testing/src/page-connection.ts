/** A page connection is a WebSocket without a socket: two ends, and a network between them that a test can cut. */

import type { ConnectionEvents } from "@neverstale/client";
import type { Frame, Wire } from "@neverstale/server";
import type { TestNetwork } from "./test-network.ts";
import { messagesOf } from "./text-frames.ts";

export class PageConnection implements Wire {
  readonly url: URL;
  readonly user: string | null;
  readonly #network: TestNetwork;
  readonly #events: ConnectionEvents;
  readonly #stopWatching: () => void;
  #server: FollowerEnd | null = null;
  #sentBytes = 0;
  /** The server has closed its end, or its process has ended. */
  #isServerDone = false;
  /** The client has closed its end, or was told that it is closed. */
  #isClientDone = false;

  constructor(network: TestNetwork, facts: Pick<PageConnection, "url" | "user">, events: ConnectionEvents) {
    this.url = facts.url;
    this.user = facts.user;
    this.#network = network;
    this.#events = events;
    this.#stopWatching = network.onCut(() => this.#cutOff());
  }

  // The client's end.

  /** `accept` is the server's answer to the attempt, when it has arrived. */
  knock(accept: (connection: PageConnection) => void): void {
    this.#network.toServer(0, () => accept(this));
  }

  /** As a socket: a text that the replica sends. */
  say(text: string): void {
    if (this.#isClientDone) return;
    this.#network.toServer(text.length, () => {
      if (!this.#isServerDone) this.#server?.received(text);
    });
  }

  closeByClient(): void {
    this.#isClientDone = true;
    this.#stopWatching();
    this.#network.toServer(0, () => this.#endServer());
  }

  // The server's end.

  /** The upgrade is answered, before anything is sent. */
  greet(): void {
    this.#network.toClient(0, () => {
      if (!this.#isClientDone) this.#events.opened();
    });
  }

  /** Whoever accepted it hears of it from now on. */
  accepted(server: FollowerEnd): void {
    this.#server = server;
  }

  together(run: () => void): void {
    run();
  }

  send(frame: Frame): void {
    if (this.#isServerDone) return;
    this.#sentBytes += frame.sizeBytes;
    for (const message of messagesOf(frame)) {
      this.#network.toClient(message.length, () => {
        if (!this.#isClientDone) this.#events.received(message);
      });
    }
  }

  get congested(): boolean {
    return this.#network.heldBytes > KERNEL_BYTES;
  }

  get sentBytes(): number {
    return this.#sentBytes - this.#network.heldBytes;
  }

  close(code: number): void {
    if (this.#isServerDone) return;
    this.#isServerDone = true;
    this.#network.toClient(0, () => this.#tellClosed(code));
  }

  /** Its process was killed. The operating system closes what was open. */
  processEnded(): void {
    this.close(CUT_OFF);
  }

  #cutOff(): void {
    this.#endServer();
    this.#tellClosed(CUT_OFF);
  }

  #endServer(): void {
    const server = this.#server;
    this.#isServerDone = true;
    this.#server = null;
    server?.closed();
  }

  #tellClosed(code: number): void {
    if (this.#isClientDone) return;
    this.#isClientDone = true;
    this.#stopWatching();
    this.#events.closed(code);
  }
}

/** The server is told of a connection that it accepted. */
export interface FollowerEnd {
  received(text: string): void;
  closed(): void;
}

/** A connection that was cut off, or never opened, has this code. */
const CUT_OFF = 1006;

/** The buffers of the two operating systems take so much before the server notices that nothing is taken any more. */
const KERNEL_BYTES = 256 * 1024;
