/** Requests go to the server that the replica follows. */

/** Returns the HTTP address of `path` on the server that the address `url` belongs to. Either may be relative to what follows it. */
export function httpUrl(path: string, url: string, base: string | null): string {
  const server = new URL(url, base ?? undefined);
  server.protocol = server.protocol.replace("ws", "http");
  return new URL(path, server).href;
}
