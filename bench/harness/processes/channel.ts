/** The load tells the server how far its clients are, on a line that does not pass through the harness. */

import { connect, createServer, type Server } from "node:net";

/** Each message is the `seq` that every client has taken in. A turn of the harness would be part of the measurement. */
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
