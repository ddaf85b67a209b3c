/** The system says how many files a process may open, and so how many connections. */

import { readFileSync } from "node:fs";

/** It returns how many connections this process may hold open, as the system says, and infinity where it doesn't say. */
export function connectionsAllowed(openFiles = openFilesAllowed()): number {
  return Math.max(16, openFiles - OWN_FILES);
}

/** The process needs so many files beside its connections: the store's files, the logs, its threads, a backup. */
const OWN_FILES = 100;

function openFilesAllowed(): number {
  try {
    const limits = readFileSync("/proc/self/limits", "utf8");
    return finite(/^Max open files\s+(\d+)/m.exec(limits)?.[1]);
  } catch {
    return finite(reportedLimit());
  }
}

/** Where there is no /proc, Node's report says it. */
function reportedLimit(): unknown {
  if (process.platform === "win32") return undefined;
  Object.assign(process.report, { excludeNetwork: true }); // The report would ask for the names of addresses.
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft?: unknown } } };
  return userLimits?.open_files?.soft;
}

function finite(value: unknown): number {
  const number = Number(value);
  return value !== undefined && Number.isFinite(number) ? number : Number.POSITIVE_INFINITY;
}
