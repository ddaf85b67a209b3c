import type { IncomingMessage } from "node:http";
import type { Position } from "@neverstale/protocol";

/** Null for what is no address. */
export function urlOf(request: IncomingMessage): URL | null {
  try {
    return new URL(request.url ?? "", "http://localhost");
  } catch {
    return null;
  }
}

/** The subprotocols that are asked for. */
export function protocolsOf(request: IncomingMessage): string[] {
  const header = request.headers["sec-websocket-protocol"] ?? "";
  return header.split(",").flatMap((name) => (name.trim() === "" ? [] : [name.trim()]));
}

/** Half a position is no position: the connection starts with the full state. */
export function positionOf(url: URL): Position | null {
  const epoch = url.searchParams.get("epoch");
  const space = url.searchParams.get("space");
  const version = versionOf(url.searchParams.get("version") ?? "");
  return epoch === null || space === null || version === null ? null : { epoch, space, version };
}

/** Decimal digits only: what `Number` takes for a number besides them is nothing a replica has said. */
function versionOf(text: string): number | null {
  const version = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(version) ? version : null;
}
