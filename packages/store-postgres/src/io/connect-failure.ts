/** A failure to connect says what is wrong, and what to do about it. It never holds a password. */

import { SyncError } from "@neverstale/protocol";

/** `name` is the database without the password. */
export function failureToConnect(name: string, error: unknown): SyncError {
  const code = codeOf(error);
  const found = code === null ? undefined : KNOWN.find(([codes]) => codes.some((known) => code.startsWith(known)));
  const [, what, hint] = found ?? [[], messageOf(error), hintFor(error)];
  return new SyncError("store_unavailable", `${name}: ${what}`, { hint, cause: error });
}

/** These are SQLSTATEs and the codes of Node, or beginnings of them. */
const KNOWN: readonly (readonly [codes: readonly string[], what: string, hint: string])[] = [
  [["28P01"], "the password is wrong", "Look at the user and the password in the URL, or at PGPASSWORD."],
  [["28"], "the server does not let this user in", "Look at the user in the URL, and at pg_hba.conf on the server."],
  [["3D000"], "there is no such database", "Make it (`createdb`), or look at the end of the URL."],
  [["42501"], "the role has not the rights", "Grant CONNECT on the database, or name another role in the URL."],
  [
    ["53300"],
    "the server has no connection left",
    "Raise `max_connections` and the role's CONNECTION LIMIT, or put a pooler between. A node needs three.",
  ],
  [["57P03"], "the server is starting or shutting down", "It is tried again."],
  [
    ["ECONNREFUSED", "ENOENT"],
    "nothing listens there",
    "Start PostgreSQL, or look at the host and the port in the URL.",
  ],
  [["ENOTFOUND", "EAI_AGAIN"], "the host is not known", "Look at the host in the URL."],
  [
    ["ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"],
    "there is no way to the server",
    "Look at the network and the firewall.",
  ],
  [
    ["DEPTH_ZERO_SELF_SIGNED", "SELF_SIGNED_CERT", "UNABLE_TO_", "CERT_", "ERR_TLS_CERT"],
    "the server's certificate is not to be trusted",
    "Name the authority that signed it (`sslrootcert=/path/to/ca.pem`), and the host as it stands in the certificate.",
  ],
];

function codeOf(error: unknown): string | null {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return null;
  return error.code;
}

/** The driver says this in words alone. */
function hintFor(error: unknown): string {
  return error instanceof Error && /does not support SSL/i.test(error.message)
    ? "Turn TLS on there (`ssl = on`). On a private network the URL may say `sslmode=disable` instead."
    : "Look at the log of the database.";
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (/timeout expired|Connection terminated/i.test(message)) return "the server did not answer in time";
  return message;
}
