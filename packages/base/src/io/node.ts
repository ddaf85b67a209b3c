/** Only Node can do these things: lock a data directory, and read the version of a package. */

export { type FileLock, type LockHeld, lockFile } from "./file-lock.ts";
export { packageVersion } from "./package-version.ts";
