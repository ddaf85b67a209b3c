/** The verdict says whether a replica was what the authority has. */

import type { Divergence } from "@neverstale/client";
import { EXIT } from "../command-line/failure.ts";
import { plainJson } from "../terminal/plain-text.ts";
import type { Difference } from "./compare.ts";

export interface Verdict {
  /** Null means that the two were never seen at the same version. */
  readonly equal: boolean | null;
  readonly epoch: string | null;
  readonly version: number;
  readonly digest: string;
  readonly digestChecks: number;
  readonly digestMismatches: number;
  /** These were found at the end, record by record. Null means that it never came to that. */
  readonly differences: readonly Difference[] | null;
  readonly divergences: readonly Divergence[];
}

/** One divergence is one too many, though it was healed. Without one, the records must have been seen to be equal. */
export function isEqual({ digestMismatches, differences, divergences }: Omit<Verdict, "equal">): boolean | null {
  if (digestMismatches > 0 || divergences.length > 0) return false;
  return differences === null ? null : differences.length === 0;
}

export function verdictLines({
  equal,
  epoch,
  version,
  digest,
  digestChecks,
  digestMismatches,
  differences,
  divergences,
}: Verdict): string[] {
  const lines = [
    `epoch ${epoch ?? "unknown"}, version ${version}, digest ${digest}`,
    `${digestChecks} digests compared, ${digestMismatches} differed`,
  ];
  for (const { reason, to, differing, records } of divergences) {
    lines.push(
      `diverged (${reason}), healed at v${to.version}: ${differing} records, ${records.map((record) => `${record.collection}/${record.id}`).join(", ")}`,
    );
  }
  for (const { collection, id, replica, authority } of (differences ?? []).slice(0, SHOWN)) {
    lines.push(
      `differs: ${collection}/${id}`,
      `  replica   ${plainJson(JSON.stringify(replica))}`,
      `  authority ${plainJson(JSON.stringify(authority))}`,
    );
  }
  if (differences !== null && differences.length > SHOWN) lines.push(`and ${differences.length - SHOWN} records more`);
  lines.push(
    equal === null ? "could not be compared: the two were never seen at one version" : equal ? "equal" : "DIFFERS",
  );
  return lines;
}

/** So many differences are shown. */
const SHOWN = 20;

export function verdictExit({ equal }: Verdict): number {
  return equal === null ? EXIT.cannotTell : equal ? EXIT.ok : EXIT.no;
}
