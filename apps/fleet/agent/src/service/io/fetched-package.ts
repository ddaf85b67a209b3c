/** The package of the agent is fetched from the server, and is taken only when it has the hash that a person has given. */

import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";

const PACKAGE_PATH = "agent/neverstale.tgz";
const MAX_PACKAGE_BYTES = 64 * 1024 ** 2;
const TIMEOUT_MS = 60_000;

export interface Source {
  readonly server: URL;
  /** The PEM of the authority to trust instead of the system's. */
  readonly ca: string | null;
}

export async function fetchPackage(source: Source): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of await open(source, PACKAGE_PATH)) {
    parts.push(part);
    size += part.length;
    if (size > MAX_PACKAGE_BYTES) throw new Error(`the server sends a package of more than ${MAX_PACKAGE_BYTES} bytes`);
  }
  return Buffer.concat(parts);
}

/** Writes the server's Node.js for this kind of machine to a file. Its hash is not checked yet. */
export async function fetchNode(source: Source, platform: string, path: string): Promise<void> {
  const content = await open(source, `agent/node/${platform}.gz`);
  await pipeline(content, createGunzip(), createWriteStream(path, { mode: 0o755 }));
}

export function hashOfBytes(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

export async function hashOfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

function open({ server, ca }: Source, path: string): Promise<http.IncomingMessage> {
  const { get } = server.protocol === "https:" ? https : http;
  const url = new URL(path, server);
  return new Promise((resolve, reject) => {
    const request = get(url, { timeout: TIMEOUT_MS, ...(ca !== null && { ca }) }, (response) => {
      if (response.statusCode === 200) return resolve(response);
      response.resume();
      reject(new Error(`${url.href}: the server answers with ${response.statusCode}`));
    });
    request.on("timeout", () => request.destroy(new Error(`${url.href}: the server doesn't answer`)));
    request.on("error", reject);
  });
}
