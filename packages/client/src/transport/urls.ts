import { PARTS_PARAMETER, type Position } from "@neverstale/protocol";

/** The WebSocket address of `url`, which may be relative to `base` or an http one, with where to resume (rule E2); large messages are asked for in parts (rule M9). */
export function socketUrl(url: string, base: string | null, resume: Position | null): string {
  const address = new URL(url, base ?? undefined);
  address.protocol = address.protocol.replace("http", "ws");
  address.searchParams.set(PARTS_PARAMETER, "1");
  if (resume !== null) {
    address.searchParams.set("epoch", resume.epoch);
    address.searchParams.set("space", resume.space);
    address.searchParams.set("version", String(resume.version));
  }
  return address.href;
}

/** An HTTP address on the server that the WebSocket address `url` belongs to. */
export function httpUrl(path: string, url: string, base: string | null): string {
  const server = new URL(url, base ?? undefined);
  server.protocol = server.protocol.replace("ws", "http");
  return new URL(path, server).href;
}
