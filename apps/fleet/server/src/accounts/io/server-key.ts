/** The server's key signs what the server knows again after a restart. */

import { createHmac, randomBytes } from "node:crypto";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StartFailure } from "../../process/start-failure.ts";
import { sameSecret } from "./secrets.ts";

export class ServerKey {
  readonly #key: Buffer;
  /** Names of cookies are made of it. Those of servers on one machine differ, and those of one server stay, whatever its port. */
  readonly cookieId: string;

  constructor(key: Buffer) {
    this.#key = key;
    this.cookieId = String(this.#sign("the names of cookies").readUIntBE(0, 6));
  }

  /** It tells this key from others, and tells nothing of the key itself. */
  get fingerprint(): string {
    return this.#sign("the fingerprint of the key").toString("base64url");
  }

  /** It makes the value of a cookie by which a device is known as one that has signed in as `user`. The cookie opens nothing. */
  newDevice(user: string): string {
    const content = `${Buffer.from(user).toString("base64url")}.${randomBytes(16).toString("base64url")}`;
    return `${content}.${this.#sign(`device ${content}`).toString("base64url")}`;
  }

  deviceOf(value: string | null): Device | null {
    const [user = "", id = "", signature = ""] = value?.split(".") ?? [];
    const isOurs = sameSecret(signature, this.#sign(`device ${user}.${id}`).toString("base64url"));
    return isOurs ? { id, user: Buffer.from(user, "base64url").toString() } : null;
  }

  #sign(text: string): Buffer {
    return createHmac("sha256", this.#key).update(text).digest();
  }
}

const BYTES = 32;
const FILE = "secret.key";

/** This device has signed in as `user`. */
export interface Device {
  readonly id: string;
  readonly user: string;
}

/** The key of a data directory lies there. */
export function serverKeyIn(dataDir: string): string {
  return join(dataDir, FILE);
}

/**
 * Without a file of its own the key lies in the data directory, and is made at the first start. Nodes that share a store may be given
 * one file with the same key. It is never made here: each node would make its own. Without it they find their key in the store.
 */
export function openServerKey(dataDir: string, file: string | undefined): ServerKey {
  return file === undefined ? keyInDirectory(serverKeyIn(dataDir)) : givenKey(file);
}

function givenKey(path: string): ServerKey {
  const key = readKey(path);
  if (key.length !== BYTES)
    throw wrongLength(path, key, "Make one with `openssl rand 32`, or take secret.key of a data directory.");
  if (process.platform !== "win32" && (statSync(path).mode & 0o007) !== 0)
    throw new StartFailure(`the key ${path} is open to all users`, `Run: chmod o-rwx ${path}`);
  return new ServerKey(key);
}

/** A server that kept a store of its own goes on with its key, so its browsers stay signed in when nodes share its state. */
export function keyForNodes(dataDir: string): Buffer {
  const path = serverKeyIn(dataDir);
  return existsSync(path) ? readKey(path) : randomBytes(BYTES);
}

function keyInDirectory(path: string): ServerKey {
  try {
    writeFileSync(path, randomBytes(BYTES), { flag: "wx", mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST")
      throw new StartFailure(`the key ${path} can't be made`, "Let this user write there, and free space.", error);
  }
  const key = readKey(path);
  if (key.length === BYTES) return new ServerKey(key);
  throw wrongLength(path, key, "Delete it: a new one is made at the start.");
}

function wrongLength(path: string, key: Buffer, hint: string): StartFailure {
  return new StartFailure(`the key ${path} has ${key.length} bytes, not ${BYTES}`, hint);
}

function readKey(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new StartFailure(`the key ${path} can't be read`, "Let this user read it.", error);
  }
}
