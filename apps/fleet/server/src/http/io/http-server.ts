/** The server listens to one kind of HTTP: with TLS where it has a certificate, and plain where it has none. */

import { createServer, type Server as HttpServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { ServedCertificate } from "../../tls/io/served-certificate.ts";
import { HANDSHAKE_MS } from "./connections/handshakes.ts";
import { KEEP_ALIVE_MS } from "./connections/plain-connections.ts";

export function httpServer(handler: RequestListener, certificate: ServedCertificate | null): HttpServer {
  if (certificate === null) return createServer(SLOW_SENDERS, handler);
  const { cert, key } = certificate.current;
  const tls = { cert, key, minVersion: "TLSv1.2", handshakeTimeout: HANDSHAKE_MS } as const;
  const server = createTlsServer({ ...SLOW_SENDERS, ...tls }, handler);
  certificate.serve(server);
  return server;
}

/** These are Node's own limits against slow senders (C8). */
const SLOW_SENDERS = {
  requestTimeout: 30_000,
  headersTimeout: 10_000,
  maxHeaderSize: 16 * 1024,
  connectionsCheckingInterval: 5_000,
  keepAliveTimeout: KEEP_ALIVE_MS,
} as const;
