/** A follower is a plain connection that keeps every message. */

import { once } from "node:events";
import { vi } from "vitest";
import { WebSocket } from "ws";

export interface Message {
  readonly type: string;
  readonly version: number;
  readonly payload?: { readonly hosts?: readonly Record<string, unknown>[] };
}

export interface Follower {
  readonly socket: WebSocket;
  readonly messages: readonly Message[];
  until(holds: (messages: readonly Message[]) => boolean): Promise<void>;
}

export async function follow(port: number): Promise<Follower> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/sync`);
  const messages: Message[] = [];
  socket.on("message", (data) => messages.push(JSON.parse(String(data))));
  await once(socket, "open");
  const until = (holds: (messages: readonly Message[]) => boolean) =>
    vi.waitUntil(() => holds(messages), { timeout: 20_000, interval: 5 }).then(() => {});
  return { socket, messages, until };
}
