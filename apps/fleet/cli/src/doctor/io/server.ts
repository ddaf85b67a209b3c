/** A server is looked at from here, as its clients see it: over whatever lies between. */

import { connect } from "node:tls";
import { ApiTokenEntry } from "@neverstale/fleet-domain";
import type { Finding } from "@neverstale/fleet-server";
import WebSocket from "ws";
import { errorText, Failure } from "../../command-line/failure.ts";
import { readApiToken } from "../../session/io/api-token-file.ts";
import { certificateFinding, clockFinding, roomFinding, tokenFinding, upgradeFinding } from "../judge.ts";

const ANSWER_MS = 10_000;

/** Nothing behind the first answer is asked for where there is none. */
export async function lookAtServer(url: string, tokenFile: string | undefined): Promise<Finding[]> {
  const address = URL.parse(url.endsWith("/") ? url : `${url}/`);
  if (address === null || !/^https?:$/.test(address.protocol))
    return [wrong("server", `${url} is no address`, "Give one such as https://fleet.example.org with --url.")];
  const certificate = address.protocol === "https:" ? [await certificateOf(address)] : [];
  const reached = await health(address);
  if (reached.some(({ status }) => status === "fail")) return [...certificate, ...reached];
  return [
    ...certificate,
    ...reached,
    upgradeFinding(await statusOfUpgrade(address)),
    ...(await room(address)),
    ...(await plainHttp(address)),
    ...(tokenFile === undefined ? [] : [await token(address, tokenFile)]),
  ];
}

function wrong(check: string, message: string, fix: string): Finding {
  return { check, status: "fail", message, fix };
}

/** The answer's date is of the server, or of a proxy before it: both have clocks that are to be right. */
async function health(address: URL): Promise<Finding[]> {
  const sent = Date.now();
  try {
    const alive = await fetch(new URL("healthz", address), { signal: AbortSignal.timeout(ANSWER_MS) });
    const middle = (sent + Date.now()) / 2;
    const { status } = (await alive.json().catch(() => ({}))) as { status?: unknown };
    if (status !== "ok")
      return [
        wrong("server", `${address.origin} answers ${alive.status}, and is no server of Neverstale`, "Look at --url."),
      ];
    const date = Date.parse(alive.headers.get("date") ?? "");
    // The header has whole seconds, cut off.
    const clock = Number.isNaN(date) ? [] : [clockFinding(Math.round(middle - (date + 500)))];
    return [
      { check: "server", status: "ok", message: `${address.href} answers`, fix: null },
      await ready(address),
      ...clock,
    ];
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : errorText(error);
    return [
      wrong("server", `${address.href} doesn't answer: ${cause}`, "Is it running, and is the address right (--url)?"),
    ];
  }
}

async function ready(address: URL): Promise<Finding> {
  const answer = await fetch(new URL("readyz", address), { signal: AbortSignal.timeout(ANSWER_MS) });
  if (answer.ok) return { check: "readiness", status: "ok", message: "it takes changes", fix: null };
  const { detail, hint } = (await answer.json().catch(() => ({}))) as { detail?: unknown; hint?: unknown };
  return wrong("readiness", `it is not ready: ${String(detail ?? answer.status)}`, String(hint ?? "Look at its log."));
}

/** A proxy may keep the metrics to itself, and then nothing is said of them. */
async function room(address: URL): Promise<Finding[]> {
  const answer = await fetch(new URL("metrics", address), { signal: AbortSignal.timeout(ANSWER_MS) }).catch(() => null);
  const finding = answer?.ok === true ? roomFinding(await answer.text().catch(() => "")) : null;
  return finding === null ? [] : [finding];
}

/** Without a session the server itself refuses the upgrade. Any other answer comes from something on the way. */
function statusOfUpgrade(address: URL): Promise<number | null> {
  const url = new URL("sync", address);
  url.protocol = url.protocol.replace("http", "ws");
  return new Promise((resolve) => {
    const socket = new WebSocket(url, {
      origin: address.origin,
      handshakeTimeout: ANSWER_MS,
      perMessageDeflate: false,
    });
    socket.once("open", () => {
      socket.terminate();
      resolve(101);
    });
    socket.once("unexpected-response", (request, response) => {
      request.destroy();
      resolve(response.statusCode ?? null);
    });
    socket.once("error", () => resolve(null));
  });
}

async function plainHttp({ protocol, hostname }: URL): Promise<Finding[]> {
  if (protocol === "https:" || /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)) return [];
  const fix = "Put a proxy with TLS before it, or start it with --tls-cert and --tls-key.";
  return [wrong("encryption", "passwords and tokens travel in the clear", fix)];
}

/** The certificate is judged by the authorities that this process trusts. */
function certificateOf({ hostname, port }: URL): Promise<Finding> {
  const check = "certificate";
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port: Number(port || 443),
      servername: host,
      rejectUnauthorized: false,
      timeout: ANSWER_MS,
    });
    socket.once("secureConnect", () => {
      const { valid_to: until } = socket.getPeerCertificate();
      const judged = certificateFinding(Date.parse(until), Date.now());
      const reason = socket.authorizationError;
      socket.destroy();
      const fix = "Renew it, give it the right names, or name its authority with --ca-file.";
      resolve(reason && judged.status !== "fail" ? wrong(check, `it is not trusted: ${String(reason)}`, fix) : judged);
    });
    const failed = (why: string) => {
      socket.destroy();
      resolve(wrong(check, `there is no TLS at ${host}: ${why}`, "Is the address right (--url)?"));
    };
    socket.once("timeout", () => failed("no answer"));
    socket.once("error", (error) => failed(error.message));
  });
}

async function token(address: URL, file: string): Promise<Finding> {
  const check = "API token";
  try {
    const headers = { authorization: `Bearer ${readApiToken(file)}` };
    const answer = await fetch(new URL("api/api-token", address), { headers, signal: AbortSignal.timeout(ANSWER_MS) });
    if (!answer.ok) return wrong(check, `the server answers ${answer.status} to it`, "Make another one.");
    const { expiresAt, role } = ApiTokenEntry.parse(await answer.json());
    return tokenFinding(Date.parse(expiresAt), role, Date.now());
  } catch (error) {
    const fix = error instanceof Failure && error.hint !== "" ? error.hint : "Make another one.";
    return wrong(check, error instanceof Error ? error.message : String(error), fix);
  }
}
