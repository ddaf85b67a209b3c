/** The code is held to docs/ARCHITECTURE.md here: what is pure, who imports whom, and what runs in a browser. */

import { browserBundleLeaks, runsInBrowsers } from "./architecture/bundle.ts";
import { importCircles } from "./architecture/circles.ts";
import { largeFolders } from "./architecture/folder-sizes.ts";
import { strayImports } from "./architecture/imports.ts";
import { dependences } from "./architecture/independence.ts";
import { registryTraces } from "./architecture/lockfile.ts";
import { impurities } from "./architecture/purity.ts";
import { type ArchitectureViolation, readPackages, readSources } from "./architecture/workspace.ts";

/**
 * It returns everything under `root` that breaks a rule, in the order of the rules. `npx node scripts/architecture.ts`
 * prints it.
 */
export async function architectureViolations(root: string): Promise<ArchitectureViolation[]> {
  const sources = readSources(root);
  const packages = readPackages(root, sources);
  const found = [
    ...packages.flatMap(impurities),
    ...packages.flatMap((pkg) => strayImports(pkg, packages)),
    ...importCircles(sources),
    ...dependences(sources),
    ...largeFolders(sources),
    ...registryTraces(root),
  ];
  for (const pkg of packages.filter(runsInBrowsers)) found.push(...(await browserBundleLeaks(root, pkg)));
  return found;
}

export function describeViolation({ at, what, instead }: ArchitectureViolation): string {
  return `${at}  ${what}\n    instead: ${instead}`;
}

if (import.meta.main) {
  const found = await architectureViolations(process.cwd());
  for (const violation of found) console.error(describeViolation(violation));
  console.log(found.length === 0 ? "architecture: sound" : `architecture: ${found.length} violations`);
  process.exitCode = found.length === 0 ? 0 : 1;
}
