/** A test connection is a WebSocket of either side, with the TCP socket below it. */

import type { Socket } from "node:net";
import { gunzipSync, gzipSync } from "node:zlib";
import { isPart, MAX_INFLATED_BYTES, PART_HEADER_BYTES, PartJoiner, partHeader } from "@neverstale/protocol";
import type { WebSocket } from "ws";
import type { Arrival, TestConnection } from "../tested.ts";
import type { ArrivalBell } from "./arrival-bell.ts";

export class SocketConnection implements TestConnection {
  readonly inbox: Arrival[] = [];
  receivedBytes = 0;
  readonly #parts = new PartJoiner();
  readonly #webSocket: WebSocket;
  readonly #socket: Socket;
  readonly #bell: ArrivalBell;

  constructor(webSocket: WebSocket, socket: Socket, bell: ArrivalBell) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#bell = bell;
    webSocket.on("error", () => {}); // A close follows it.
    webSocket.on("close", (code) => this.#arrived({ type: "closed", code }));
    webSocket.on("message", (data: Buffer, isBinary: boolean) => {
      this.receivedBytes += data.length;
      if (!isBinary) this.#arrived({ type: "frame", text: data.toString(), binary: false });
      else if (isPart(data)) this.#receivePart(data);
      else this.#arrived(inflated(data));
    });
  }

  #receivePart(data: Buffer): void {
    try {
      const { whole, ...progress } = this.#parts.add(data);
      this.#arrived({ type: "part", progress, pieceBytes: data.length - PART_HEADER_BYTES });
      if (whole !== null) this.#arrived({ ...inflated(Buffer.from(whole.buffer)), fromParts: true } as Arrival);
    } catch (error) {
      this.#arrived({
        type: "unreadable",
        why: `a part that can't be: ${error instanceof Error ? error.message : ""}`,
      });
    }
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

  partsOf(text: string, partBytes: number): Uint8Array[] {
    const gzip = gzipSync(text);
    const count = Math.ceil(gzip.length / partBytes);
    return Array.from({ length: count }, (_, index) => {
      const from = index * partBytes;
      return Buffer.concat([partHeader(gzip.length, from), gzip.subarray(from, from + partBytes)]);
    });
  }

  sendBytes(bytes: Uint8Array): void {
    this.#whenOpen(() => this.#socket.write(bytes));
  }

  /** Nothing more is sent on a connection that the other side has ended. */
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
