/** The API of one package is read from the declarations that the compiler made of it. */

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Declaration, type DeclarationFile, type Reference, readDeclarations } from "./declaration-file.ts";

/** `folder` holds the package's manifest. It throws when the compiler has not made the declarations. */
export function apiOf(folder: string, manifest: Manifest): PackageApi {
  const reader = new ApiReader();
  const entries = Object.entries(manifest.exports ?? {}).flatMap(([subpath, target]) => {
    if (typeof target === "string" || target.types === undefined) return [];
    const specifier = manifest.name + subpath.slice(1);
    return [{ specifier, exports: reader.exportsOf(join(folder, target.types)) }];
  });
  return { entries, reached: reader.reached() };
}

export interface PackageApi {
  readonly entries: readonly EntryApi[];
  /** Exported declarations refer to these, which are not exported. A change there is a change of the API, too. */
  readonly reached: readonly string[];
}

/** This is one entry of a package, with what it exports. */
interface EntryApi {
  /** It is imported by this, for example by `@neverstale/base/node`. */
  readonly specifier: string;
  /** The declarations stand by exported name, sorted. */
  readonly exports: ReadonlyMap<string, string>;
}

interface Manifest {
  readonly name: string;
  readonly exports?: Readonly<Record<string, string | { readonly types?: string }>>;
}

/** It says where a declaration stands. */
interface Found {
  readonly file: DeclarationFile;
  readonly name: string;
}

class ApiReader {
  readonly #files = new Map<string, DeclarationFile>();
  /** These are the keys of the declarations that are exported. `#seen` has all that were looked at. */
  readonly #exported = new Set<string>();
  readonly #seen = new Map<string, Found>();

  exportsOf(path: string): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    for (const [name, reference] of this.#namesExportedBy(this.#file(path)))
      found.set(name, this.#entry(name, reference));
    return new Map([...found].sort(([a], [b]) => compare(a, b)));
  }

  /** It returns the declarations that were looked at and are not exported, sorted by name. */
  reached(): string[] {
    return [...this.#seen]
      .filter(([key]) => !this.#exported.has(key))
      .map(([, found]) => [found.name, textOf(found)] as const)
      .sort(([a, one], [b, other]) => compare(a, b) || compare(one, other))
      .map(([, text]) => text);
  }

  #file(path: string): DeclarationFile {
    const file = this.#files.get(path) ?? readDeclarations(path);
    this.#files.set(path, file);
    return file;
  }

  /** It returns the file's own names, and all those of the modules that it exports whole. */
  #namesExportedBy(file: DeclarationFile): Map<string, Export> {
    const found = new Map<string, Export>();
    for (const module of file.exportsAllOf) {
      const other = this.#moduleAt(file, module);
      if (other === null) found.set(`* from ${module}`, { file, module, name: "*", typeOnly: false });
      else for (const [name, one] of this.#namesExportedBy(other)) found.set(name, one);
    }
    for (const [name, reference] of file.exports) found.set(name, { file, ...reference });
    return found;
  }

  #entry(name: string, { file, module, name: local, typeOnly }: Export): string {
    const found = this.#resolve(file, { module, name: local });
    if (found === null) return reexport(name, local, module ?? file.imports.get(local)?.module ?? "");
    this.#exported.add(keyOf(found));
    this.#follow(found);
    const text = found.name === name ? textOf(found) : `${textOf(found)}\nexport { ${found.name} as ${name} };`;
    const isValue = declarationsOf(found).some(({ isType }) => !isType);
    return typeOnly && isValue ? `${text}\nexport type { ${name} };` : text;
  }

  /** It looks at what a declaration refers to, and at what that refers to. */
  #follow(found: Found): void {
    const key = keyOf(found);
    if (this.#seen.has(key)) return;
    this.#seen.set(key, found);
    for (const reference of declarationsOf(found).flatMap(({ uses }) => uses)) {
      const next = this.#resolve(found.file, reference);
      if (next !== null) this.#follow(next);
    }
  }

  /** It finds where a name is declared. Null means in another package, or in the language itself. */
  #resolve(file: DeclarationFile, { module, name }: Reference): Found | null {
    if (module !== null) return this.#resolveExport(this.#moduleAt(file, module), name);
    if (file.declarations.has(name)) return { file, name };
    const imported = file.imports.get(name);
    return imported === undefined ? null : this.#resolve(file, imported);
  }

  #resolveExport(file: DeclarationFile | null, name: string): Found | null {
    const exported = file === null ? undefined : this.#namesExportedBy(file).get(name);
    return exported === undefined ? null : this.#resolve(exported.file, exported);
  }

  /** It returns null for a module of another package. */
  #moduleAt({ path }: DeclarationFile, specifier: string): DeclarationFile | null {
    if (!specifier.startsWith(".")) return null;
    const target = join(dirname(path), specifier.replace(/\.(tsx?|js)$/, ".d.ts"));
    return existsSync(target) ? this.#file(target) : null;
  }
}

interface Export extends Reference {
  readonly file: DeclarationFile;
  readonly typeOnly: boolean;
}

function keyOf({ file, name }: Found): string {
  return `${file.path} ${name}`;
}

function declarationsOf({ file, name }: Found): readonly Declaration[] {
  return file.declarations.get(name) ?? [];
}

/** It does not matter to a report from which file a type comes. */
function textOf(found: Found): string {
  return declarationsOf(found)
    .map(({ text }) => text.replace(/\bimport\("[^"]+"\)\./g, ""))
    .join("\n");
}

function reexport(name: string, local: string, module: string): string {
  if (local === "*") return `export * from "${module}";`;
  return `export { ${local === name ? name : `${local} as ${name}`} } from "${module}";`;
}

/** Names that differ in case alone stand beside each other. */
function compare(a: string, b: string): number {
  const [low, other] = [a.toLowerCase(), b.toLowerCase()];
  if (low !== other) return low < other ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
