/**
 * The client's size in a browser, as a number in git: `StateSync` with all it needs of the protocol, bundled, minified
 * and gzipped. Fails when it has grown by more than 2 % over packages/client/size.json; `--write` takes the new size
 * over. Run alone: `npx node --conditions=source scripts/client-size.ts`.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";

export interface ClientSize {
  readonly minifiedBytes: number;
  readonly gzipBytes: number;
}

const ALLOWED_GROWTH = 0.02;
/** What only a server does: if it is in the bundle, tree shaking has failed. */
const SERVER_CODE = /\/protocol\/src\/(model\/.*|diff\/merge-patch)\.ts$/;

const sizeFile = (root: string): string => join(root, "packages/client/size.json");

/** Bundles what `import { StateSync } from "@neverstale/client"` brings. Throws when server code is in it. */
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

/** Null when the size is within bounds, else what is wrong with it. */
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
