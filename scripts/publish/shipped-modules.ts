/** The modules that a package ships are those that its entries lead to: no test is among them, and nothing that nobody can reach. */

import { existsSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";
import { namesOf } from "../architecture/free-names.ts";
import { PROGRAMS, type PublishedPackage, type ShippedPart } from "./published-packages.ts";

/** The compiler's output must be there. The texts stand by their paths in the package. */
export function shippedModules(pkg: PublishedPackage, root: string): Map<string, string> {
  const walk = new Walk(pkg, root);
  for (const [index, part] of pkg.parts.entries()) {
    for (const program of PROGRAMS[part.folder] ?? []) walk.take({ part, path: `dist/${program}` });
    if (index > 0) continue; // Others are shipped as far as the package itself needs them.
    for (const target of Object.values(part.manifest.exports ?? {})) {
      if (typeof target === "string") continue;
      for (const kind of ["types", "default"])
        if (target[kind] !== undefined) walk.take({ part, path: posix.normalize(target[kind]) });
    }
  }
  return walk.taken;
}

/** It is a file of the compiler's output, by its path from the folder of its part. */
interface Module {
  readonly part: ShippedPart;
  readonly path: string;
}

class Walk {
  readonly taken = new Map<string, string>();
  readonly #pkg: PublishedPackage;
  readonly #root: string;

  constructor(pkg: PublishedPackage, root: string) {
    this.#pkg = pkg;
    this.#root = root;
  }

  take(module: Module): void {
    const place = placeOf(module);
    if (this.taken.has(place)) return;
    const file = join(this.#root, module.part.folder, module.path);
    if (!existsSync(file)) throw new Error(`${file} is not there: the compiler has not made it`);
    const text = readFileSync(file, "utf8");
    this.taken.set(place, ""); // It is being looked at.
    const isTypes = module.path.endsWith(".d.ts");
    const names = namesOf(text, module.path).modules;
    const replaced = names
      .map(({ specifier, start }) => ({ specifier, start, by: this.#follow(specifier, module) }))
      .filter(({ specifier, by }) => by !== specifier)
      .sort((a, b) => b.start - a.start)
      .reduce(
        (now, { specifier, start, by }) =>
          `${now.slice(0, start)}${JSON.stringify(by)}${now.slice(start + specifier.length + 2)}`,
        text,
      );
    this.taken.set(place, isTypes ? withoutMap(replaced) : replaced);
    if (!isTypes && existsSync(`${file}.map`)) this.taken.set(`${place}.map`, readFileSync(`${file}.map`, "utf8"));
  }

  /** It takes the module that the specifier leads to, and returns the specifier that leads there in the package. */
  #follow(specifier: string, from: Module): string {
    const target = specifier.startsWith(".") ? besides(specifier, from) : this.#inOtherPart(specifier, from);
    if (target === null) return specifier;
    this.take(target);
    const path = relative(dirname(placeOf(from)), placeOf(target))
      .split(sep)
      .join("/");
    const asImported = path.replace(/\.d\.ts$/, ".js");
    return asImported.startsWith(".") ? asImported : `./${asImported}`;
  }

  #inOtherPart(specifier: string, from: Module): Module | null {
    const part = this.#pkg.parts.find(
      ({ manifest: { name } }) => specifier === name || specifier.startsWith(`${name}/`),
    );
    if (part === undefined) return null;
    const entry = part.manifest.exports?.[`.${specifier.slice(part.manifest.name.length)}`];
    const target = typeof entry === "object" ? entry[from.path.endsWith(".d.ts") ? "types" : "default"] : undefined;
    if (target === undefined) throw new Error(`${from.path} imports ${specifier}, which has no such entry`);
    return { part, path: posix.normalize(target) };
  }
}

/** Declarations name the sources, such as `./part.ts`, and mean the declarations beside them. */
function besides(specifier: string, from: Module): Module {
  const path = posix.join(posix.dirname(from.path), specifier);
  return { part: from.part, path: from.path.endsWith(".d.ts") ? path.replace(/\.(js|tsx?)$/, ".d.ts") : path };
}

function placeOf({ part, path }: Module): string {
  return posix.join(part.to, path);
}

/** A map of declarations leads to sources by their paths alone, and those are not shipped. */
function withoutMap(declarations: string): string {
  return declarations.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n");
}
