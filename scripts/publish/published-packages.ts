/** The packages that others install, and what of the workspace each of them is made of. */

import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT } from "../run.ts";

/** Published packages need one another, so each comes before those that need it. */
export function publishedPackages(root: string = ROOT): PublishedPackage[] {
  const members = inOrder(membersOf(root));
  const published = members.filter(({ manifest }) => manifest.private !== true);
  return published.map((member) => ({ ...member, parts: partsOf(member, members) }));
}

/** It returns the names of a published package and of all published ones that it needs. */
export function closureOf(name: string, all: readonly PublishedPackage[]): ReadonlySet<string> {
  const needed = new Set([name]);
  for (const each of needed) {
    const parts = all.find(({ manifest }) => manifest.name === each)?.parts ?? [];
    const dependencies = parts
      .filter((part) => !isPage(part))
      .flatMap(({ manifest }) => Object.keys(manifest.dependencies ?? {}));
    for (const { manifest } of all) if (dependencies.includes(manifest.name)) needed.add(manifest.name);
  }
  return needed;
}

export interface PublishedPackage extends Member {
  /** The package itself, and private members of the workspace that it brings along. */
  readonly parts: readonly ShippedPart[];
}

/** A member of the workspace. */
export interface Member {
  /** It is the path from the root, as `packages/client`. */
  readonly folder: string;
  readonly manifest: WorkspaceManifest;
}

export interface ShippedPart extends Member {
  /** Its files are published below this folder: `.` for the package itself. */
  readonly to: string;
}

export interface WorkspaceManifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly description?: string;
  readonly keywords?: readonly string[];
  readonly license?: string;
  readonly type?: string;
  readonly engines?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly files?: readonly string[];
  readonly sideEffects?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** Node starts these files by their path, so that no import leads to them. They stand below the folder `dist`. */
export const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  "packages/conformance": ["io/main.js"],
  "packages/create-neverstale": ["io/main.js"],
  "apps/fleet/agent": ["main.js", "commands/io/runner.js"],
  "apps/fleet/cli": ["main.js"],
  "apps/fleet/server": ["handout/io/pack-agent.js"],
};

/** The page is no dependency of the command line, whose server serves it as files. */
const PAGES: Readonly<Record<string, string>> = { "apps/fleet/cli": "apps/fleet/web" };

/** A page is bundled: it brings all that it needs, and nobody imports it. */
export function isPage({ folder }: Member): boolean {
  return Object.values(PAGES).includes(folder);
}

function membersOf(root: string): Member[] {
  return globSync(["packages/*/package.json", "apps/fleet/*/package.json"], { cwd: root })
    .sort()
    .map((path) => ({ folder: dirname(path), manifest: JSON.parse(readFileSync(join(root, path), "utf8")) }));
}

function inOrder(members: readonly Member[]): Member[] {
  const placed = new Set<Member>();
  const place = (member: Member): void => {
    if (placed.has(member)) return;
    for (const other of members) if (other.manifest.name in (member.manifest.dependencies ?? {})) place(other);
    placed.add(member);
  };
  members.forEach(place);
  return [...placed];
}

function partsOf(member: Member, members: readonly Member[]): ShippedPart[] {
  const parts = new Map<string, ShippedPart>([[member.folder, { ...member, to: "." }]]);
  const add = (one: Member): void => {
    if (!parts.has(one.folder)) parts.set(one.folder, { ...one, to: placeOf(one) });
    for (const other of members)
      if (other.manifest.private === true && !parts.has(other.folder) && isNeededBy(other, one)) add(other);
  };
  add(member);
  return [...parts.values()];
}

function isNeededBy({ folder, manifest }: Member, by: Member): boolean {
  return manifest.name in (by.manifest.dependencies ?? {}) || PAGES[by.folder] === folder;
}

/** Parts lie beside each other as in the workspace, since some find each other's files by their paths. */
function placeOf({ folder }: Member): string {
  return folder.replace(/^apps\//, "");
}
