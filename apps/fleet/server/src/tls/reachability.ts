/** From where the server can be reached, and whether by TLS, is judged before it starts (C47). */

import { isLoopback } from "../http/origins.ts";
import { StartFailure } from "../process/start-failure.ts";
import type { CertificateFiles } from "./io/certificate-files.ts";

export interface ReachabilitySettings {
  /** Browsers may come from these. Default: the address that the server listens on. */
  readonly allowedOrigins?: readonly string[];
  /** These two PEM files make the server speak TLS, and nothing but TLS. They are read again when they change. */
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  /** True lets it be reached by plain HTTP from other machines. Default false. */
  readonly insecureHttp?: boolean;
}

/** It returns null for a server that speaks plain HTTP. */
export function tlsFilesOf({ tlsCert, tlsKey }: ReachabilitySettings): CertificateFiles | null {
  if (tlsCert === undefined && tlsKey === undefined) return null;
  if (tlsCert !== undefined && tlsKey !== undefined) return { cert: tlsCert, key: tlsKey };
  throw new StartFailure(
    tlsCert === undefined ? "--tls-key is given without --tls-cert" : "--tls-cert is given without --tls-key",
    "Give both: the certificate with its chain, and its key.",
  );
}

/** It throws where others could read what the server and its users say to each other, and nobody has said that this is meant. */
export function checkReachability(settings: ReachabilitySettings, host: string): void {
  const { allowedOrigins = [], insecureHttp = false } = settings;
  const tls = tlsFilesOf(settings);
  const plain = allowedOrigins.find((origin) => origin.startsWith("http:"));
  if (tls !== null && plain !== undefined)
    throw new StartFailure(
      `browsers can't come from ${plain}, since the server speaks TLS alone`,
      "Give --allowed-origin with https://.",
    );
  if (isLoopback(host)) return;
  if (allowedOrigins.length === 0)
    throw new StartFailure(
      `--host ${host} makes the server reachable from outside, and nothing says at which address browsers find it`,
      "Give --allowed-origin, as in https://fleet.example.org.",
    );
  if (tls === null && !insecureHttp)
    throw new StartFailure(
      `--host ${host} makes the server reachable from outside by plain HTTP, which others can read and change`,
      BY_TLS,
    );
}

const BY_TLS =
  "Give a certificate with --tls-cert and --tls-key. Or let a proxy on this machine take TLS away, and listen on 127.0.0.1. Where only a " +
  "proxy with TLS, or nodes of yours, can reach that address, as between containers, say so with --insecure-http.";
