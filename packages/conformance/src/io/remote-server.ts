/** The server under test is reached over the network. */

import type { Socket } from "node:net";
import { MAX_INFLATED_BYTES, SUBPROTOCOL } from "@neverstale/protocol";
import { WebSocket } from "ws";
import type { ConnectOptions, Control, TestConnection, TestedServer } from "../tested.ts";
import { ArrivalBell } from "./arrival-bell.ts";
import { HttpControl } from "./http-control.ts";
import { SocketConnection } from "./socket-connection.ts";

const HANDSHAKE_MS = 10_000;

export interface RemoteServerOptions {
  readonly url: string;
  /** The control listens at this address. Null means that the server is not told to change. */
  readonly control: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly beaconMs: number;
}

export class RemoteServer implements TestedServer {
  readonly beaconMs: number;
  readonly control: Control | null;
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #bell = new ArrivalBell();

  constructor({ url, control, headers, beaconMs }: RemoteServerOptions) {
    this.beaconMs = beaconMs;
    this.#url = url;
    this.#headers = headers;
    this.control = control === null ? null : new HttpControl(control, headers);
  }

  until(holds: () => boolean, withinMs: number): Promise<boolean> {
    return this.#bell.until(holds, withinMs);
  }

  limit(withinMs: number): () => number {
    return this.#bell.limit(withinMs);
  }

  /** It rejects when the server isn't there or refuses the handshake. */
  connect({ profile, query }: ConnectOptions): Promise<TestConnection> {
    const url = new URL(this.#url);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const webSocket = this.#open(url.href, profile === "v1" ? [SUBPROTOCOL] : []);
    return new Promise((resolve, reject) => {
      // This is before "open", so that a frame that comes with the answer to the handshake is not missed.
      webSocket.once("upgrade", (response) =>
        resolve(new SocketConnection(webSocket, response.socket as Socket, this.#bell)),
      );
      webSocket.once("error", reject);
      webSocket.once("close", () => reject(new Error("the connection ended in the handshake")));
    });
  }

  #open(url: string, protocols: readonly string[]): WebSocket {
    return new WebSocket(url, [...protocols], {
      headers: this.#headers,
      handshakeTimeout: HANDSHAKE_MS,
      perMessageDeflate: false,
      maxPayload: MAX_INFLATED_BYTES,
    });
  }
}
