/** The settings of a node are checked here: the database that it shares, and where the other nodes reach it. */

import { addressOf, isLoopback } from "../http/origins.ts";
import { StartFailure } from "../process/start-failure.ts";

export interface NodeSettings {
  readonly storeUrl?: string;
  readonly nodeAddress?: string;
  readonly host?: string;
  /** It is there where the node speaks TLS. */
  readonly tlsCert?: string;
}

/** It throws for settings with which no node can start. The URL may hold a password, so nothing repeats it. */
export function checkNodeSettings({ storeUrl, nodeAddress, host = "127.0.0.1" }: NodeSettings): void {
  if (storeUrl === undefined) {
    if (nodeAddress === undefined) return;
    throw new StartFailure(
      "--node-address is there for nodes that share a store, and this server keeps its own",
      "Name the shared one with --store postgres://user@host/database, or leave --node-address out.",
    );
  }
  if (!/^postgres(ql)?:\/\//.test(storeUrl))
    throw new StartFailure(
      "--store takes the URL of a PostgreSQL database, as in postgres://user@host/database",
      "Leave it out to keep the state in the data directory.",
    );
  if (nodeAddress !== undefined) originOf(nodeAddress);
  else if (!isLoopback(host))
    throw new StartFailure(
      `a node on ${host} must say where the other nodes reach it`,
      "Give --node-address with an address of this machine that they can reach, as in http://10.0.0.5:8080.",
    );
}

/** Without `nodeAddress` it is where the node listens. */
export function nodeAddressOf({ nodeAddress, host = "127.0.0.1", tlsCert }: NodeSettings, port: number): string {
  return nodeAddress === undefined
    ? addressOf(tlsCert === undefined ? "http" : "https", host, port)
    : originOf(nodeAddress);
}

function originOf(text: string): string {
  const url = URL.parse(text);
  if (
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    url.pathname === "/" &&
    url.search === "" &&
    url.username === ""
  )
    return url.origin;
  throw new StartFailure(
    `"${text}" is no address of a node`,
    "Give the scheme, the host and the port, and nothing behind them, as in http://10.0.0.5:8080.",
  );
}
