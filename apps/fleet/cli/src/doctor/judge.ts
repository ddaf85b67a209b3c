/** A judgement says of what was seen of a server, or of this machine, whether it is well. */

import type { Finding } from "@neverstale/fleet-server";

/** Deadlines and one-time codes go by clocks, and pages show times of both. */
const SKEW_WARN_MS = 5_000;
const SKEW_FAIL_MS = 60_000;
const DAY_MS = 86_400_000;
/** Who renews certificates by a program does so a month before their end. */
const EXPIRES_SOON_MS = 21 * DAY_MS;
const NEEDED_NODE = [22, 18] as const;

export function clockFinding(skewMs: number): Finding {
  const check = "clock";
  const seconds = `${(Math.abs(skewMs) / 1_000).toFixed(0)} s ${skewMs > 0 ? "ahead of" : "behind"} the server's`;
  if (Math.abs(skewMs) < SKEW_WARN_MS) return { check, status: "ok", message: "this clock is the server's", fix: null };
  const status = Math.abs(skewMs) < SKEW_FAIL_MS ? "warn" : "fail";
  return {
    check,
    status,
    message: `this clock is ${seconds}`,
    fix: "Set both by NTP, such as with systemd-timesyncd.",
  };
}

export function certificateFinding(validTo: number, now: number): Finding {
  const check = "certificate";
  const until = new Date(validTo).toISOString();
  if (validTo <= now) return { check, status: "fail", message: `it ended at ${until}`, fix: "Renew it." };
  const days = Math.floor((validTo - now) / DAY_MS);
  const message = `it is good until ${until}, ${days} days from now`;
  if (validTo - now > EXPIRES_SOON_MS) return { check, status: "ok", message, fix: null };
  return { check, status: "warn", message, fix: "Renew it, or see why what renews it hasn't." };
}

export function tokenFinding(expiresAt: number, role: string, now: number): Finding {
  const check = "API token";
  const message = `it is good until ${new Date(expiresAt).toISOString()}, as ${role}`;
  if (expiresAt - now > 7 * DAY_MS) return { check, status: "ok", message, fix: null };
  return { check, status: "warn", message, fix: "Make another one: neverstale api-tokens create --out FILE." };
}

export function nodeFinding(version: string): Finding {
  const check = "Node.js";
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [neededMajor, neededMinor] = NEEDED_NODE;
  if (major > neededMajor || (major === neededMajor && minor >= neededMinor))
    return { check, status: "ok", message: version, fix: null };
  const message = `${version} is older than ${NEEDED_NODE.join(".")}`;
  return { check, status: "fail", message, fix: "Install a newer Node.js." };
}

/** Where a WebSocket is refused by the server itself, it reached the server. */
export function upgradeFinding(status: number | null): Finding {
  const check = "WebSocket";
  if (status === 101 || status === 401 || status === 403)
    return { check, status: "ok", message: "it reaches the server", fix: null };
  const message = status === null ? "a connection did not come through" : `something on the way answered ${status}`;
  const fix =
    "Let the proxy forward Upgrade and Connection. Until then all follow over HTTP, which works and costs more.";
  return { check, status: "warn", message, fix };
}

/** `metrics` is what the server shows at `/metrics`. Null means that it says nothing of its connections. */
export function roomFinding(metrics: string): Finding | null {
  const check = "connections";
  const [open, limit, dropped] = ROOM_METRICS.map((name) => metricIn(metrics, name));
  if (open === undefined || limit === undefined || dropped === undefined) return null;
  const message = `${open} are open, and it has files for ${limit}${dropped === 0 ? "" : `; ${dropped} were refused`}`;
  if (dropped === 0 && open < FULL_SHARE * limit) return { check, status: "ok", message, fix: null };
  const fix =
    "Raise the limit of open files (LimitNOFILE= in its unit, ulimit -n) and restart it, or run several nodes.";
  return { check, status: "warn", message, fix };
}

const ROOM_METRICS = ["connections_open", "limit_connections_open", "connections_dropped"];
const FULL_SHARE = 0.8;

function metricIn(metrics: string, name: string): number | undefined {
  const value = Number(new RegExp(`^neverstale_${name} (\\S+)$`, "m").exec(metrics)?.[1] ?? Number.NaN);
  return Number.isNaN(value) ? undefined : value;
}
