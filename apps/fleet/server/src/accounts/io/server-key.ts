/** The server's key signs what the server knows again after a restart, and seals the secrets that it stores. */

import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StartFailure } from "../../process/start-failure.ts";
import { sameSecret } from "./secrets.ts";

export class ServerKey {
  readonly #key: Buffer;
  /** Names of cookies are made of it. Those of servers on one machine differ, and those of one server stay, whatever its port. */
  readonly cookieId: string;
  /** False means that the key itself lies in the store, so that nothing there would be safe from who reads it. */
  readonly isBesideStore: boolean;

  constructor(key: Buffer, isBesideStore = true) {
    this.#key = key;
    this.isBesideStore = isBesideStore;
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

  /** It encrypts a secret that is stored (AES-256-GCM). It is opened again only as what it was sealed as. */
  seal(secret: string, as: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#sign(SEALING), nonce).setAAD(Buffer.from(as));
    const sealed = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
    return ["v1", ...[nonce, cipher.getAuthTag(), sealed].map((part) => part.toString("base64url"))].join(".");
  }

  /** Null means that it was sealed with another key, as something else, or was altered. */
  unseal(sealed: string, as: string): string | null {
    const [version, ...parts] = sealed.split(".");
    const [nonce, tag, content] = parts.map((part) => Buffer.from(part, "base64url"));
    if (version !== "v1" || nonce === undefined || tag === undefined || content === undefined) return null;
    try {
      const options = { authTagLength: TAG_BYTES };
      const decipher = createDecipheriv(CIPHER, this.#sign(SEALING), nonce, options).setAAD(Buffer.from(as));
      decipher.setAuthTag(tag);
      return Buffer.concat([decipher.update(content), decipher.final()]).toString("utf8");
    } catch {
      return null;
    }
  }

  #sign(text: string): Buffer {
    return createHmac("sha256", this.#key).update(text).digest();
  }
}

const BYTES = 32;
const CIPHER = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** The key that seals is not the one that signs. It follows from it. */
const SEALING = "the key that seals secrets in the store";
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
