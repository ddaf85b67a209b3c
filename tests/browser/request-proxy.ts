/** This proxy knows requests only, as proxies of some networks do: it refuses every upgrade, and may hold streams back. */

import { once } from "node:events";
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";

export async function requestProxy(): Promise<RequestProxy> {
  let target = "";
  let holdsStreams = false;
  const paths: string[] = [];
  const server = createServer((asked, answer) => {
    const { method, headers, url = "" } = asked;
    paths.push(url);
    const { hostname, port } = new URL(target);
    const further = request({ host: hostname, port, method, headers, path: url }, (got: IncomingMessage) => {
      answer.writeHead(got.statusCode ?? 502, got.headers);
      if (!holdsStreams || got.headers["content-type"]?.startsWith("text/event-stream") !== true)
        return got.pipe(answer);
      const pieces: Buffer[] = [];
      got.on("data", (piece: Buffer) => pieces.push(piece));
      got.on("end", () => answer.end(Buffer.concat(pieces)));
      return got;
    });
    further.on("error", () => answer.destroy());
    answer.on("close", () => further.destroy());
    asked.pipe(further);
  });
  server.on("upgrade", (_, socket) => socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    paths,
    to: (address) => {
      target = address;
    },
    holdStreams: (holds) => {
      holdsStreams = holds;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

export interface RequestProxy {
  readonly origin: string;
  /** These were asked for so far. */
  readonly paths: readonly string[];
  /** It leads to this address from now on. */
  to(address: string): void;
  /** With true a stream is handed on once it has ended. */
  holdStreams(holds: boolean): void;
  close(): void;
}
