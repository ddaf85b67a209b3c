/** This proxy knows one path of its host alone, because several programs share the host. It hands the path on, or takes it away. */

import { once } from "node:events";
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";

export async function pathProxy(path: string, takesItAway: boolean): Promise<PathProxy> {
  let target = 0;
  const onward = ({ method, headers, url = "" }: IncomingMessage) =>
    request({ port: target, host: "127.0.0.1", method, headers, path: takesItAway ? url.slice(path.length) : url });
  const isOurs = ({ url = "" }: IncomingMessage) => url.startsWith(`${path}/`);
  const server = createServer((asked, answer) => {
    if (!isOurs(asked)) return void answer.writeHead(404).end("another program's");
    const further = onward(asked).on("response", (got) => {
      answer.writeHead(got.statusCode ?? 502, got.headers);
      got.pipe(answer);
    });
    further.on("error", () => answer.destroy());
    asked.pipe(further);
  });
  server.on("upgrade", (asked: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (!isOurs(asked)) return void socket.destroy();
    const further = onward(asked);
    further.on("error", () => socket.destroy());
    further.on("upgrade", (got, upstream, first) => {
      const lines = got.rawHeaders.flatMap((name, index, all) =>
        index % 2 === 0 ? [`${name}: ${all[index + 1]}`] : [],
      );
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join("\r\n")}\r\n\r\n`);
      socket.write(first);
      upstream.write(head);
      for (const end of [socket, upstream]) end.on("error", () => end.destroy());
      socket.pipe(upstream).pipe(socket);
    });
    further.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    to: (given) => {
      target = given;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

export interface PathProxy {
  /** The path does not belong to it. */
  readonly origin: string;
  /** It leads to this port from now on. */
  to(port: number): void;
  close(): void;
}
