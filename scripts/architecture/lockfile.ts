/** A lock file works with any registry only when neither it nor .npmrc names one. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ArchitectureViolation } from "./workspace.ts";

export function registryTraces(root: string): ArchitectureViolation[] {
  return ["package-lock.json", ".npmrc"].flatMap((name) => {
    const path = join(root, name);
    return existsSync(path) ? tracesIn(name, readFileSync(path, "utf8")) : [];
  });
}

const REGISTRY_TRACES: readonly RegExp[] = [
  /"resolved":\s*"https?:/,
  /^\s*(@[^:]+:)?registry\s*=/m,
  /\/\/[^\s/]+\/:_auth/,
];
const INSTEAD = "leave the registry to the user's own npm settings; .npmrc has omit-lockfile-registry-resolved=true";

function tracesIn(name: string, text: string): ArchitectureViolation[] {
  return text
    .split("\n")
    .flatMap((line, index) =>
      REGISTRY_TRACES.some((trace) => trace.test(line))
        ? [{ at: `${name}:${index + 1}`, what: `names a registry: ${line.trim()}`, instead: INSTEAD }]
        : [],
    );
}
