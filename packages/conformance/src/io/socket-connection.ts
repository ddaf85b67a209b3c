import type { Socket } from "node:net";
import { gunzipSync, gzipSync } from "node:zlib";
import { MAX_INFLATED_BYTES } from "@neverstale/protocol";
import type { WebSocket } from "ws";
import type { Arrival, Connection } from "../bench.ts";
import type { Bell } from "./bell.ts";

/** A WebSocket of either side, with the TCP socket below it. */
export class SocketConnection implements Connection {
  readonly inbox: Arrival[] = [];
  receivedBytes = 0;
  readonly #webSocket: WebSocket;
  readonly #socket: Socket;
  readonly #bell: Bell;

  constructor(webSocket: WebSocket, socket: Socket, bell: Bell) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#bell = bell;
    webSocket.on("error", () => {}); // A close follows.
    webSocket.on("close", (code) => this.#arrived({ type: "closed", code }));
    webSocket.on("message", (data: Buffer, isBinary: boolean) => {
      this.receivedBytes += data.length;
      this.#arrived(isBinary ? inflated(data) : { type: "frame", text: data.toString(), binary: false });
    });
  }

  #arrived(arrival: Arrival): void {
    this.inbox.push(arrival);
    this.#bell.ring();
  }

  sendText(text: string): void {
    this.#whenOpen(() => this.#webSocket.send(text));
  }

  sendBinary(bytes: Uint8Array): void {
    this.#whenOpen(() => this.#webSocket.send(bytes, { binary: true }));
  }

  sendGzip(text: string): void {
    this.sendBinary(gzipSync(text));
  }

  sendBytes(bytes: Uint8Array): void {
    this.#whenOpen(() => this.#socket.write(bytes));
  }

  /** A connection that the other side has ended takes nothing more. */
  #whenOpen(send: () => void): void {
    if (this.#webSocket.readyState === this.#webSocket.OPEN) send();
  }

  pause(): void {
    this.#webSocket.pause();
  }

  unpause(): void {
    this.#webSocket.resume();
  }

  close(code: number): void {
    this.#webSocket.close(code);
  }

  cut(): void {
    this.#webSocket.terminate();
  }
}

function inflated(data: Buffer): Arrival {
  try {
    const text = gunzipSync(data, { maxOutputLength: MAX_INFLATED_BYTES }).toString();
    return { type: "frame", text, binary: true };
  } catch (error) {
    return {
      type: "unreadable",
      why: `a binary frame that is no gzip: ${error instanceof Error ? error.message : ""}`,
    };
  }
}
