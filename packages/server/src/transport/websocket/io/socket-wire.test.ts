import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { SocketFrame } from "./socket-frames.ts";
import { SocketWire } from "./socket-wire.ts";

const SMALL = new SocketFrame(Buffer.alloc(100), 100);
const LARGE = new SocketFrame(Buffer.alloc(32 * 1024 * 1024), 0);

let server: Server;
let ours: Socket;
let theirs: Socket;

beforeEach(async () => {
  server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  theirs = connect((server.address() as AddressInfo).port, "127.0.0.1");
  [ours] = (await once(server, "connection")) as [Socket];
});

afterEach(() => {
  ours.destroy();
  theirs.destroy();
  server.close();
});

/** All that the wire asks of a WebSocket is whether it is open. */
const wireOf = (socket: Socket): SocketWire =>
  new SocketWire({ readyState: WebSocket.OPEN, OPEN: WebSocket.OPEN } as WebSocket, socket);

test("what is sent together is no congestion by itself, and has left when it ends", () => {
  const wire = wireOf(ours);
  wire.together(() => {
    wire.send(SMALL);
    wire.together(() => wire.send(SMALL));
    expect(ours.writableLength).toBe(200);
    expect(wire.congested).toBe(false);
  });
  expect(wire.congested).toBe(false);
  expect(wire.sentBytes).toBe(200);
});

test("[P4] a socket that was full before is full while more is put together", () => {
  theirs.pause();
  const wire = wireOf(ours);
  wire.send(LARGE);
  expect(wire.congested).toBe(true);

  wire.together(() => {
    wire.send(SMALL);
    expect(wire.congested).toBe(true);
  });
  expect(wire.congested).toBe(true);
});
