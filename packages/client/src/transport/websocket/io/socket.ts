/** A WebSocket of any kind becomes the socket that the environment gives: the browser's, Node's own, or that of the package `ws`. */

import type { ClientSocket } from "../../../environment/environment.ts";
import type { ConnectionEvents } from "../../transport.ts";

/** It tells the events of `socket`, the closing once. */
export function adoptSocket(socket: WebSocketLike, events: ConnectionEvents): ClientSocket {
  let closed = false;
  const close = (code: number): void => {
    if (closed) return;
    closed = true;
    events.closed(code);
  };
  socket.binaryType = "arraybuffer";
  socket.addEventListener("open", () => events.opened());
  socket.addEventListener("message", ({ data }) => {
    if (!closed) events.received(typeof data === "string" ? data : new Uint8Array(data as ArrayBuffer));
  });
  socket.addEventListener("error", () => {}); // A close follows, and says all that a page may know.
  socket.addEventListener("close", ({ code }) => close(code));
  return {
    send: (text) => {
      if (socket.readyState === OPEN) socket.send(text);
    },
    close: (code) => socket.close(code),
  };
}

/** So much is used of a WebSocket. */
export interface WebSocketLike {
  binaryType: string;
  readonly readyState: number;
  send(data: string): void;
  close(code?: number): void;
  addEventListener(type: "open" | "error", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: "close", listener: (event: { readonly code: number }) => void): void;
}

const OPEN = 1;
