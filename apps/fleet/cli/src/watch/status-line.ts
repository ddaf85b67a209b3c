/** The status line says in words how fresh a replica is. */

import type { SyncStatus } from "@neverstale/client";

export function statusLine(status: SyncStatus): string {
  switch (status.type) {
    case "live":
      return "live";
    case "catching_up":
      return "catching up";
    case "connecting":
      return status.attempt === 0 ? "connecting" : `reconnecting, try ${status.attempt}`;
    case "stale":
      return `stale: ${status.why.replaceAll("_", " ")}`;
    case "offline":
      return "offline";
    case "signed_out":
      return "signed out";
  }
}
