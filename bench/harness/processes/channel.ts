/**
 * The line between load and server on which the load says how far its clients are: the `seq` that every one of them has
 * taken in, eight bytes each time. It doesn't pass through the harness, whose turns would be part of the measurement.
 */

import { connect, createServer, type Server } from "node:net";

const NUMBER_BYTES = 8;

export function listenForProgress(path: string, onSeq: (seq: number) => void): Promise<Server> {
  const server = createServer((socket) => {
    let carry: Buffer = Buffer.alloc(0);
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk: Buffer) => {
      carry = carry.length === 0 ? chunk : Buffer.concat([carry, chunk]);
      const whole = carry.length - (carry.length % NUMBER_BYTES);
      if (whole > 0) onSeq(carry.readDoubleLE(whole - NUMBER_BYTES));
      carry = carry.subarray(whole);
    });
  });
  return new Promise((resolve, reject) => server.once("error", reject).listen(path, () => resolve(server)));
}

export function reportProgress(path: string): Promise<(seq: number) => void> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once("error", reject);
    socket.once("connect", () =>
      resolve((seq) => {
        const bytes = Buffer.allocUnsafe(NUMBER_BYTES);
        bytes.writeDoubleLE(seq);
        socket.write(bytes);
      }),
    );
  });
}
