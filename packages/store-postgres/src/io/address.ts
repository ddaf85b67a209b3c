/** The address of a database is a URL, of which everything but the password may be shown. */

import { readFileSync } from "node:fs";
import type pg from "pg";

export interface DatabaseTarget {
  /** It says which database is meant, without the password. */
  readonly name: string;
  readonly config: pg.ClientConfig;
}

/**
 * It throws a plain error for what is not the URL of a database. With TLS the certificate is always checked, and the host's name
 * with it, unless `sslmode=no-verify` says otherwise: what is encrypted for a stranger is not safe.
 */
export function targetFrom(text: string): DatabaseTarget {
  const url = parsed(text);
  const parameters = url.searchParams;
  const mode = parameters.get("sslmode");
  if (mode !== null && !MODES.has(mode)) throw new Error(`\`sslmode\` is one of ${[...MODES].join(", ")}`);
  const database = decodeURIComponent(url.pathname.slice(1));
  const host = parameters.get("host") ?? decodeURIComponent(url.hostname);
  if (database === "" || host === "") throw new Error(`the URL of the database names a host and a database: ${SHAPE}`);
  const port = url.port === "" ? 5_432 : Number(url.port);
  const user = decodeURIComponent(url.username);
  const config = {
    host: host.replace(/^\[(.+)\]$/, "$1"),
    port,
    database,
    ...(user === "" ? {} : { user }),
    ...(url.password === "" ? {} : { password: decodeURIComponent(url.password) }),
    ssl: tlsOf(mode, parameters.get("sslrootcert")),
    application_name: parameters.get("application_name") ?? "neverstale",
  };
  return { name: `${host}:${port}/${database}`, config };
}

const SHAPE = "postgres://user:password@host:5432/database?sslmode=verify-full";
const MODES: ReadonlySet<string> = new Set(["disable", "require", "verify-ca", "verify-full", "no-verify"]);
const PARAMETERS: ReadonlySet<string> = new Set(["host", "sslmode", "sslrootcert", "application_name"]);

function parsed(text: string): URL {
  // The error of URL would hold the text, and with it the password.
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol))
    throw new Error(`the URL of the database is not one: it looks like ${SHAPE}`);
  for (const name of url.searchParams.keys()) {
    if (!PARAMETERS.has(name)) throw new Error(`the URL of the database has a parameter that is not known: ${name}`);
  }
  return url;
}

/** Where a certificate is named, it is meant to be checked. */
function tlsOf(mode: string | null, rootCertificate: string | null): pg.ClientConfig["ssl"] {
  if (mode === "disable" || (mode === null && rootCertificate === null)) return false;
  const ca = rootCertificate === null ? {} : { ca: readFileSync(rootCertificate, "utf8") };
  return { ...ca, rejectUnauthorized: mode !== "no-verify" };
}
