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

/** A v1 replica without any will of its own: takes what comes, acks, never asks, never comes back. Can stop reading. */
export class RawReader {
  readonly closed: Promise<number>;
  readonly types: string[] = [];
  state: MutableState = {};
  version = -1;
  /** Where a later reader can resume from, as it goes into the address. */
  position = "";
  /** The last digest that came with this version. */
  levelDigest: string | null = null;
  readonly #socket: WebSocket;
  #taken = 0;

  constructor(url: string, position = "", state: MutableState = {}) {
    this.state = state;
    this.#socket = new WebSocket(`${url}${position}`, ["neverstale.v1"]);
    this.closed = new Promise((resolve) => this.#socket.once("close", resolve));
    this.#socket.on("error", () => {}); // The close that follows says what there is to say.
    this.#socket.on("message", (data: Buffer, isBinary: boolean) => {
      const message = decodeServerMessage((isBinary ? gunzipSync(data) : data).toString());
      if (message !== null) this.#take(message);
      this.#taken += 1;
      this.#socket.send(JSON.stringify({ type: "ack", n: this.#taken }));
    });
  }

  #take(message: ServerMessage): void {
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
