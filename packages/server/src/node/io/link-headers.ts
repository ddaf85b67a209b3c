/** The headers by which nodes know each other: whoever shows the token of a node has read the store, so is a node itself. */

import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { NodeRow } from "../../store/node-table.ts";
import { isSameSecret } from "../../transport/io/same-secret.ts";

export const LINK_PROTOCOL = "neverstale-node.3";
export const TOKEN_HEADER = "x-neverstale-node-token";
/** This is the id of the node that asks. */
export const NODE_HEADER = "x-neverstale-node";
/** The node that asks can be reached there. */
export const ADDRESS_HEADER = "x-neverstale-node-address";
/** It is the address of the client, as the first node saw it. */
export const CLIENT_HEADER = "x-neverstale-client-address";
/** The request was forwarded so often. */
export const HOPS_HEADER = "x-neverstale-forwarded";

export const OWN_HEADERS: ReadonlySet<string> = new Set([
  TOKEN_HEADER,
  NODE_HEADER,
  ADDRESS_HEADER,
  CLIENT_HEADER,
  HOPS_HEADER,
]);

export function headerIn(headers: IncomingHttpHeaders, name: string): string | null {
  const value = headers[name];
  return typeof value === "string" && value !== "" ? value : null;
}

/** With "absent" there is no token, and with "wrong" it is not that of this node. */
export function tokenIn({ headers }: IncomingMessage, row: NodeRow | null): "right" | "wrong" | "absent" {
  const token = headerIn(headers, TOKEN_HEADER);
  if (token === null) return "absent";
  return row !== null && isSameSecret(token, row.token) ? "right" : "wrong";
}
