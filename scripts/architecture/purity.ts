/** Code that is not under `io/` neither waits nor touches the machine. */

import { isBuiltin } from "node:module";
import { posix } from "node:path";
import type { FreeName } from "./free-names.ts";
import { type ArchitectureViolation, at, isInIo, type Package, type PackageFile } from "./workspace.ts";

/**
 * There is no Node, no DOM, no clock, no randomness, no socket, no timer and no logging in it. Tests are free to use
 * them.
 */
export function impurities(pkg: Package): ArchitectureViolation[] {
  const isPage = PAGES.has(pkg.folder);
  if (!pkg.folder.startsWith("packages/") && !PURE_APPS.has(pkg.folder) && !isPage) return [];
  return pkg.files
    .filter((file) => !file.isTest && !isInIo(file.pathInSrc) && !(isPage && file.path.endsWith(".tsx")))
    .flatMap((file) => impuritiesOf(file, isPage));
}

const CLOCK = "take `now` as an argument, or wait through the runtime; the clock itself belongs in io/";
const CHANCE = "take `chance` as an argument; the random source itself belongs in io/";
const MACHINE = "hand it in through an interface, and implement that in io/";

/** These globals reach the machine. Each has the place where the code should go instead. */
const GLOBALS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    [CLOCK]:
      "performance setTimeout clearTimeout setInterval clearInterval setImmediate clearImmediate queueMicrotask scheduler requestAnimationFrame requestIdleCallback",
    [CHANCE]: "crypto",
    [MACHINE]:
      "process Buffer console document window self navigator location globalThis global require fetch WebSocket EventSource XMLHttpRequest BroadcastChannel Worker localStorage sessionStorage indexedDB caches",
  }).flatMap(([instead, names]) => names.split(" ").map((name) => [name, instead] as const)),
);

/** A page is made of these. */
const PAGE_GLOBALS: ReadonlySet<string> = new Set(["document", "window", "navigator", "location"]);

/** These packages are the machine in another coat. */
const MACHINE_PACKAGES: ReadonlySet<string> = new Set([
  "ws",
  "pg",
  "pino",
  "fastify",
  "undici",
  "@neverstale/base/node",
]);

const PURE_APPS: ReadonlySet<string> = new Set([
  "apps/fleet/agent",
  "apps/fleet/cli",
  "apps/fleet/client",
  "apps/fleet/domain",
  "apps/fleet/server",
]);

/**
 * Their components (.tsx) may draw, wait and listen. All else of them is as pure as a package, but for the page itself.
 */
const PAGES: ReadonlySet<string> = new Set(["apps/fleet/web"]);

/** These put io/ together with the rest. They are imported by others, or started. */
const ENTRIES: ReadonlySet<string> = new Set(["index.ts", "main.ts"]);

function impuritiesOf(file: PackageFile, isPage: boolean): ArchitectureViolation[] {
  const globals = file.names.free.flatMap((name) => {
    const found = isPage && PAGE_GLOBALS.has(name.name) ? pageReach(name) : reachOf(name);
    return found === null ? [] : [{ at: at(file, name.node.start), ...found }];
  });
  return [...globals, ...machineImports(file)];
}

function machineImports(file: PackageFile): ArchitectureViolation[] {
  const found: ArchitectureViolation[] = [];
  for (const { specifier, start, typeOnly } of file.names.modules) {
    if (isBuiltin(specifier))
      found.push({ at: at(file, start), what: `imports Node's "${specifier}"`, instead: MACHINE });
    if (MACHINE_PACKAGES.has(specifier))
      found.push({ at: at(file, start), what: `imports "${specifier}"`, instead: MACHINE });
    if (!typeOnly && reachesIo(file, specifier)) {
      const instead =
        "only the package's entry (index.ts or main.ts) puts io/ together with the rest; take it as an argument";
      found.push({ at: at(file, start), what: `imports "${specifier}" from outside io/`, instead });
    }
  }
  return found;
}

function reachesIo(file: PackageFile, specifier: string): boolean {
  if (ENTRIES.has(file.pathInSrc) || !specifier.startsWith(".")) return false;
  return isInIo(posix.join(posix.dirname(file.pathInSrc), specifier));
}

function reachOf(free: FreeName): { what: string; instead: string } | null {
  if (free.name === "Date") return dateReach(free);
  if (free.name === "Math") return memberReach(free, "random", CHANCE);
  if (free.name === "AbortSignal") return memberReach(free, "timeout", CLOCK);
  const instead = GLOBALS.get(free.name);
  return instead === undefined ? null : { what: `uses the global \`${free.name}\``, instead };
}

/** A page's own objects hold timers, storage and the network as well. */
function pageReach({ node, parent }: FreeName): { what: string; instead: string } | null {
  const member = memberOf(parent, node);
  const instead = member === null || PAGE_GLOBALS.has(member) ? undefined : GLOBALS.get(member);
  return instead === undefined ? null : { what: `uses the global \`${member}\``, instead };
}

/** `new Date(ms)`, `Date.parse`, `Date.UTC` and `instanceof Date` compute. Every other use can read the clock. */
function dateReach({ node, parent }: FreeName): { what: string; instead: string } | null {
  if (parent.type === "NewExpression") {
    const given = parent.arguments as readonly unknown[];
    return given.length > 0 && parent.callee === node ? null : { what: "`new Date()` reads the clock", instead: CLOCK };
  }
  const member = memberOf(parent, node);
  if (member === "parse" || member === "UTC" || parent.type === "BinaryExpression") return null;
  return { what: `\`Date${member === null ? "" : `.${member}`}\` reads the clock`, instead: CLOCK };
}

/** It finds a member that reaches the machine, or the whole object handed on, behind which that member could be. */
function memberReach(free: FreeName, member: string, instead: string): { what: string; instead: string } | null {
  const used = memberOf(free.parent, free.node);
  if (used === member) return { what: `uses \`${free.name}.${member}\``, instead };
  return used === null && free.parent.type !== "BinaryExpression"
    ? { what: `hands on \`${free.name}\` whole`, instead }
    : null;
}

function memberOf(parent: FreeName["parent"], object: FreeName["node"]): string | null {
  if (parent.type !== "MemberExpression" || parent.object !== object || parent.computed === true) return null;
  return (parent.property as { name: string }).name;
}
