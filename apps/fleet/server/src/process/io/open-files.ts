import { readFileSync } from "node:fs";

/** What the process needs beside its connections: the store's files, the logs, its threads, a backup. */
const OWN_FILES = 100;

/** How many connections this process may hold open, as the system says; infinite where it doesn't. */
export function connectionsAllowed(openFiles = openFilesAllowed()): number {
  return Math.max(16, openFiles - OWN_FILES);
}

function openFilesAllowed(): number {
  try {
    const limits = readFileSync("/proc/self/limits", "utf8");
    return finite(/^Max open files\s+(\d+)/m.exec(limits)?.[1]);
  } catch {
    return finite(reportedLimit());
  }
}

/** Where there is no /proc. */
function reportedLimit(): unknown {
  if (process.platform === "win32") return undefined;
  Object.assign(process.report, { excludeNetwork: true }); // It would ask for the names of addresses.
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft?: unknown } } };
  return userLimits?.open_files?.soft;
}

function finite(value: unknown): number {
  const number = Number(value);
  return value !== undefined && Number.isFinite(number) ? number : Number.POSITIVE_INFINITY;
}
