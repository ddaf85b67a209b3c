/** The client's size in a browser stands as numbers in git. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type OutputChunk, rolldown } from "rolldown";

/**
 * It bundles a page that follows a state, minifies it, and gzips it: all that `StateSync` needs, also of the protocol. It throws when
 * server code is in there, or what only comes with an entry of its own.
 */
export async function measureClient(root: string): Promise<ClientSizes> {
  const page = await bundled(root, []);
  const [first, ...later] = page;
  if (first === undefined) throw new Error("the bundle is empty");
  const modules = page.flatMap((chunk) => Object.entries(chunk.modules));
  const stray = modules.filter(([id, { renderedLength }]) => NOT_IN_IT.test(id) && renderedLength > 0);
  if (stray.length > 0)
    throw new Error(`the client's bundle holds what is not asked for: ${stray.map(([id]) => id).join(", ")}`);
  const sync = sizeOf([first]);
  const more: Record<string, number> = {};
  const loadedWith = async (entries: readonly Entry[]) => sizeOf((await bundled(root, entries)).slice(0, 1)).gzipBytes;
  for (const entry of ENTRIES) {
    const { over } = OPTIONS[entry];
    more[entry] = (await loadedWith([entry])) - (over === undefined ? sync.gzipBytes : await loadedWith([over]));
  }
  return { sync, loadedLater: sizeOf(later), more };
}

async function bundled(root: string, entries: readonly Entry[]): Promise<readonly OutputChunk[]> {
  const page = "client-size:page";
  const bundle = await rolldown({
    input: page,
    platform: "browser",
    resolve: { conditionNames: ["source", "browser", "import", "default"] },
    plugins: [
      {
        name: "page",
        resolveId: (id) => (id === page ? id : null),
        load: (id) => (id === page ? pageWith(entries, join(root, "packages/client/src")) : null),
      },
    ],
  });
  const { output } = await bundle.generate({ format: "esm", minify: true, comments: false });
  await bundle.close();
  return output.filter((made) => made.type === "chunk").sort((a, b) => Number(b.isEntry) - Number(a.isEntry));
}

const ENTRIES = ["mutations", "queue", "kept", "tabs"] as const;
type Entry = (typeof ENTRIES)[number];
const PATHS = {
  mutations: "mutations/index.ts",
  keptQueue: "mutations/queue/io/queue.ts",
  kept: "kept/io/kept.ts",
  tabs: "tabs/io/tabs.ts",
} as const;
/** A page gives this option, and imports these for it. What it loads is compared with a page that gives the option `over` instead. */
const OPTIONS: Readonly<Record<Entry, { option: string; imports: readonly (keyof typeof PATHS)[]; over?: Entry }>> = {
  mutations: { option: "mutations: mutations()", imports: ["mutations"] },
  queue: {
    option: "mutations: mutations({ queue: keptQueue({ mutations: [] }) })",
    imports: ["mutations", "keptQueue"],
    over: "mutations",
  },
  kept: { option: "kept: kept()", imports: ["kept"] },
  tabs: { option: "tabs: tabs()", imports: ["tabs"] },
};

function pageWith(entries: readonly Entry[], folder: string): string {
  const names = entries.flatMap((entry) => OPTIONS[entry].imports);
  const imports = names.map((name) => `import { ${name} } from ${JSON.stringify(join(folder, PATHS[name]))};\n`);
  const options = entries.map((entry) => `, ${OPTIONS[entry].option}`).join("");
  const client = JSON.stringify(join(folder, "index.ts"));
  return `${imports.join("")}import { StateSync } from ${client};\nnew StateSync({ url: "/sync"${options} });`;
}

function sizeOf(chunks: readonly OutputChunk[]): Size {
  const sum = (bytes: (code: string) => number) => chunks.reduce((all, { code }) => all + bytes(code), 0);
  return {
    minifiedBytes: sum((code) => Buffer.byteLength(code)),
    gzipBytes: sum((code) => gzipSync(code, { level: 9 }).length),
  };
}

export interface ClientSizes {
  /** A page loads it to follow a state. */
  readonly sync: Size;
  /** It is loaded once the state is there, or when WebSocket fails. */
  readonly loadedLater: Size;
  /** A page that imports this loads so many bytes more, in gzip. */
  readonly more: Readonly<Record<string, number>>;
}

export interface Size {
  readonly minifiedBytes: number;
  readonly gzipBytes: number;
}

/** A page never loads more than this to follow a state. */
const MOST_GZIP_BYTES = 16_000;
/** Each may grow by so much over packages/client/size.json. `scripts/client-size.ts --write` notes new sizes there. */
const ALLOWED_GROWTH = 0.02;
/** Only a server does these things, or who imports their entries. If they are in the bundle, tree shaking has failed. */
const NOT_IN_IT =
  /\/protocol\/src\/(model\/.*|diff\/merge-patch)\.ts$|\/client\/src\/((kept|mutations|tabs|bindings)\/.*|requests\/request|views\/selection)\.ts$/;

const sizeFile = (root: string): string => join(root, "packages/client/size.json");

/** It returns null when the sizes are within bounds, else what is wrong with them. */
export function complaint(now: ClientSizes, known: ClientSizes): string | null {
  if (now.sync.gzipBytes > MOST_GZIP_BYTES)
    return `the client has ${now.sync.gzipBytes} bytes gzipped, and at most ${MOST_GZIP_BYTES} are allowed`;
  const [numbers, before] = [gzipBytesOf(now), gzipBytesOf(known)];
  const grown = Object.keys(numbers).find((name) => (numbers[name] ?? 0) > (before[name] ?? 0) * (1 + ALLOWED_GROWTH));
  if (grown === undefined) return null;
  return `${grown} has grown from ${before[grown]} to ${numbers[grown]} bytes gzipped; if that is meant, run it with --write`;
}

function gzipBytesOf({ sync, loadedLater, more }: ClientSizes): Record<string, number> {
  return { ...more, sync: sync.gzipBytes, loadedLater: loadedLater.gzipBytes };
}

export function readKnownSize(root: string): ClientSizes {
  return JSON.parse(readFileSync(sizeFile(root), "utf8")) as ClientSizes;
}

if (import.meta.main) {
  const root = process.cwd();
  const now = await measureClient(root);
  console.log(JSON.stringify(now, null, 2));
  if (process.argv.includes("--write")) writeFileSync(sizeFile(root), `${JSON.stringify(now, null, 2)}\n`);
  else {
    const wrong = complaint(now, readKnownSize(root));
    if (wrong !== null) console.error(wrong);
    process.exitCode = wrong === null ? 0 : 1;
  }
}
