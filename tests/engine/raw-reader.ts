/** The raw reader is a replica of the v1 profile without a will of its own. */

import { gunzipSync } from "node:zlib";
import {
  applyDiff,
  decodeServerMessage,
  digestOf,
  fromWireState,
  type MutableState,
  type ServerMessage,
} from "@neverstale/protocol";
import { WebSocket } from "ws";

/** It reads what comes, acks, never asks, and never comes back. It can stop reading. */
export class RawReader {
  readonly closed: Promise<number>;
  readonly types: string[] = [];
  state: MutableState = {};
  version = -1;
  /** A later reader can resume from here. It goes into the address as it is. */
  position = "";
  /** This is the last digest that came with this version. */
  levelDigest: string | null = null;
  readonly #socket: WebSocket;
  #received = 0;

  constructor(url: string, position = "", state: MutableState = {}) {
    this.state = state;
    this.#socket = new WebSocket(`${url}${position}`, ["neverstale.v1"]);
    this.closed = new Promise((resolve) => this.#socket.once("close", resolve));
    this.#socket.on("error", () => {}); // A close follows, and says what there is to say.
    this.#socket.on("message", (data: Buffer, isBinary: boolean) => {
      const message = decodeServerMessage((isBinary ? gunzipSync(data) : data).toString());
      if (message !== null) this.#apply(message);
      this.#received += 1;
      this.#socket.send(JSON.stringify({ type: "ack", n: this.#received }));
    });
  }

  #apply(message: ServerMessage): void {
    this.types.push(message.type);
    if (message.type === "init" || message.type === "full_state") {
      this.state = fromWireState(message.payload);
      this.#moveTo(message.epoch, message.space, message.version);
    } else if (message.type === "delta") {
      if (!applyDiff(this.state, message.payload)) throw new Error("the diff does not fit");
      this.version = message.version;
      this.position = this.position.replace(/version=\d+/, `version=${message.version}`);
    } else if (message.type === "sync") {
      if (message.resumed !== undefined) this.#moveTo(message.resumed.epoch, message.resumed.space, message.version);
      this.levelDigest = message.digest ?? null;
    }
  }

  #moveTo(epoch: string, space: string, version: number): void {
    this.version = version;
    this.position = `?epoch=${encodeURIComponent(epoch)}&space=${encodeURIComponent(space)}&version=${version}`;
  }

  get digest(): string {
    return digestOf(this.state);
  }

  stopReading(): void {
    this.#socket.pause();
  }

  readOn(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.terminate();
  }
}
