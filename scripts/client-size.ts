/** The client's size in a browser stands as a number in git. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";

/**
 * It bundles, minifies and gzips what `import { StateSync } from "@neverstale/client"` brings, with all that it needs
 * of the protocol. It throws when server code is in the bundle.
 */
export async function measureClient(root: string): Promise<ClientSize> {
  const entry = "client-size:entry";
  const bundle = await rolldown({
    input: entry,
    platform: "browser",
    resolve: { conditionNames: ["source", "browser", "import", "default"] },
    plugins: [
      {
        name: "entry",
        resolveId: (id) => (id === entry ? id : null),
        load: (id) =>
          id === entry
            ? `export { StateSync } from ${JSON.stringify(join(root, "packages/client/src/index.ts"))};`
            : null,
      },
    ],
  });
  const { output } = await bundle.generate({ format: "esm", minify: true });
  await bundle.close();
  const { code, modules } = output[0];
  const stray = Object.keys(modules).filter((id) => SERVER_CODE.test(id) && (modules[id]?.renderedLength ?? 0) > 0);
  if (stray.length > 0) throw new Error(`the client's bundle holds server code: ${stray.join(", ")}`);
  return { minifiedBytes: Buffer.byteLength(code), gzipBytes: gzipSync(code, { level: 9 }).length };
}

export interface ClientSize {
  readonly minifiedBytes: number;
  readonly gzipBytes: number;
}

/**
 * The client may grow by so much over packages/client/size.json. `scripts/client-size.ts --write` notes a new size
 * there.
 */
const ALLOWED_GROWTH = 0.02;
/** Only a server does these things. If they are in the bundle, tree shaking has failed. */
const SERVER_CODE = /\/protocol\/src\/(model\/.*|diff\/merge-patch)\.ts$/;

const sizeFile = (root: string): string => join(root, "packages/client/size.json");

/** It returns null when the size is within bounds, else what is wrong with it. */
export function complaint(now: ClientSize, known: ClientSize): string | null {
  if (now.gzipBytes <= known.gzipBytes * (1 + ALLOWED_GROWTH)) return null;
  const percent = ((now.gzipBytes / known.gzipBytes - 1) * 100).toFixed(1);
  return `the client has grown by ${percent} %, to ${now.gzipBytes} bytes gzipped; if that is meant, run it with --write`;
}

export function readKnownSize(root: string): ClientSize {
  return JSON.parse(readFileSync(sizeFile(root), "utf8")) as ClientSize;
}

if (import.meta.main) {
  const root = process.cwd();
  const now = await measureClient(root);
  console.log(`client: ${now.minifiedBytes} bytes minified, ${now.gzipBytes} gzipped`);
  if (process.argv.includes("--write")) writeFileSync(sizeFile(root), `${JSON.stringify(now, null, 2)}\n`);
  else {
    const wrong = complaint(now, readKnownSize(root));
    if (wrong !== null) console.error(wrong);
    process.exitCode = wrong === null ? 0 : 1;
  }
}
