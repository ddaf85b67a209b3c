/** A new app is a copy of a template. */

import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { packageVersion } from "@neverstale/base/node";
import { appManifest } from "../app-manifest.ts";

/** Nothing is written where something is already. */
export function createApp({ folder, template }: CreateOptions): Created {
  const target = resolve(folder);
  if (!isFree(target)) return { failed: `${target} is not empty` };
  mkdirSync(target, { recursive: true });
  cpSync(join(TEMPLATES, template), target, { recursive: true });
  renameSync(join(target, "_gitignore"), join(target, ".gitignore")); // npm packs no file of that name.
  const manifest = join(target, "package.json");
  const version = packageVersion(new URL("../../package.json", import.meta.url));
  writeFileSync(manifest, appManifest(readFileSync(manifest, "utf8"), { folder: basename(target), version }));
  return { failed: null, folder: target };
}

export interface CreateOptions {
  readonly folder: string;
  /** It is one of `templateNames`. */
  readonly template: string;
}

export type Created = { readonly failed: string } | { readonly failed: null; readonly folder: string };

/** A folder that is not there is free, and so is one that has nothing but a history. */
export function isFree(folder: string): boolean {
  return !existsSync(folder) || readdirSync(folder).every((name) => name === ".git");
}

export function templateNames(): string[] {
  return readdirSync(TEMPLATES).sort();
}

const TEMPLATES = fileURLToPath(new URL("../../templates", import.meta.url));
